using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class LinearCrossEntropyKernel
{
    /// <summary>All rows count. Products by the device's matrix kernels, the passes between them over rows.</summary>
    private static void RunDense(CpuDevice device, in LinearCrossEntropyArgs args, in LinearLossPlan plan, byte* scratch)
    {
        var states = (LogitState*)scratch;
        byte* logits = scratch + plan.RowBlock * LinearLossPlan.StateBytes;
        byte* scaled = logits + plan.RowBlock * plan.LogitStride * args.LogitType.Size();
        float* sums = (float*)(scaled + LinearLossPlan.Aligned((long)plan.RowBlock * args.Inner * args.Type.Size()));
        for (int row = 0; row < args.Rows; row += plan.RowBlock)
        {
            int rows = Math.Min(plan.RowBlock, args.Rows - row);
            long rowBytes = (long)args.Inner * args.Type.Size();
            void* x = (byte*)args.X + row * rowBytes;
            var body = new RowBody
            {
                Args = new CrossEntropyArgs
                {
                    Rows = rows,
                    Vocabulary = args.Vocabulary,
                    Logits = logits,
                    LogitStride = plan.LogitStride,
                    Type = args.LogitType,
                    Targets = args.Targets + row,
                    Weights = args.Weights == null ? null : args.Weights + row,
                    Terms = args.Terms,
                    Losses = args.Losses + row,
                    LogSumExp = args.LogSumExp + row,
                    Scale = args.Negative ? -args.Scale : args.Scale,
                    Gradient = logits,
                    GradientStride = plan.LogitStride * args.LogitType.Size() / args.Type.Size(),
                    GradientType = args.Type,
                },
                Pass = args.Pass,
                Unscaled = plan.Unscaled,
                Negative = args.Negative,
                States = states,
            };
            for (int from = 0; from < args.Vocabulary; from += plan.Part)
            {
                int width = Math.Min(plan.Part, args.Vocabulary - from);
                MatMulKernel.Run(device, new GemmArgs
                {
                    M = rows,
                    N = width,
                    K = args.Inner,
                    A = x,
                    Lda = args.Inner,
                    B = (byte*)args.W + from * rowBytes,
                    Ldb = args.Inner,
                    TransB = true,
                    InputType = args.Type,
                    C = logits,
                    Ldc = plan.LogitStride,
                    OutputType = args.LogitType,
                });
                (body.From, body.Width) = (from, width);
                device.Launch(body, args.LogitType, rows, CrossEntropyKernel.RowsPerChunk(width));
            }
            if (args.Pass == LinearLossPass.Forward)
                continue;
            if (plan.Unscaled)
            {
                var scale = new ScaleBody { X = x, Scaled = scaled, Sums = sums, XGradient = (byte*)args.XGradient + row * rowBytes, States = states, Inner = args.Inner };
                if (args.WGradient != null)
                    device.Launch(scale, args.Type, rows, 32);
                if (args.XGradient != null)
                {
                    MatMulKernel.Run(device, XGradientProduct(args, body.Args, rows, sums, DType.F32));
                    scale.Scaled = null;
                    device.Launch(scale, args.Type, rows, 32);
                }
                x = scaled;
            }
            else if (args.XGradient != null)
            {
                MatMulKernel.Run(device, XGradientProduct(args, body.Args, rows, (byte*)args.XGradient + row * rowBytes, args.Type));
            }
            if (args.WGradient != null)
            {
                MatMulKernel.Run(device, new GemmArgs
                {
                    M = args.Vocabulary,
                    N = args.Inner,
                    K = rows,
                    A = logits,
                    Lda = body.Args.GradientStride,
                    TransA = true,
                    B = x,
                    Ldb = args.Inner,
                    InputType = args.Type,
                    C = args.WGradient,
                    Ldc = args.Inner,
                    OutputType = DType.F32,
                    Accumulate = true,
                });
            }
        }
    }

    private static GemmArgs XGradientProduct(in LinearCrossEntropyArgs args, in CrossEntropyArgs block, int rows, void* target, DType type) => new()
    {
        M = rows,
        N = args.Inner,
        K = args.Vocabulary,
        A = block.Gradient,
        Lda = block.GradientStride,
        B = args.W,
        Ldb = args.Inner,
        InputType = args.Type,
        C = target,
        Ldc = args.Inner,
        OutputType = type,
    };

    /// <summary>x·factor into Scaled, or without it sums·factor into dX, row by row.</summary>
    private struct ScaleBody : IKernelBody
    {
        public void* X, Scaled, XGradient;
        public float* Sums;
        public LogitState* States;
        public int Inner;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long i = begin; i < end; i++)
            {
                long row = i * Inner;
                float factor = States[i].Factor;
                if (Scaled != null)
                    Scale<V, T, T>((byte*)X + row * T.Size, (byte*)Scaled + row * T.Size, 0, Inner, factor);
                else
                    Scale<V, StoredF32, T>(Sums + row, (byte*)XGradient + row * T.Size, 0, Inner, factor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<V, TIn, TOut>(void* source, void* target, long begin, long n, float factor)
        where V : unmanaged, IVector<V>
        where TIn : struct, IStored
        where TOut : struct, IStored
    {
        long i = begin;
        for (; i + V.Lanes <= n; i += V.Lanes)
            TOut.Store(target, i, TIn.Load<V>(source, i) * V.All(factor));
        if (V.Lanes > 1 && i < n)
            Scale<F1, TIn, TOut>(source, target, i, n, factor);
    }

    /// <summary>One row of a block of logits: statistics, and in the passes with gradients dlogits over the logits.</summary>
    private struct RowBody : IKernelBody
    {
        public CrossEntropyArgs Args;
        public LinearLossPass Pass;
        public bool Negative, Unscaled;
        public LogitState* States;

        /// <summary>The part of the vocabulary that the block holds.</summary>
        public int From, Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long i = begin; i < end; i++)
            {
                if (Args.Terms.IsPlain)
                    Row<V, T, PlainLogits>(i, default);
                else
                    Row<V, T, ShapedLogits>(i, Args.Terms.Map);
            }
        }

        private readonly void Row<V, T, M>(long i, M map)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where M : struct, ILogitMap
        {
            if (Pass == LinearLossPass.Backward)
            {
                Gradient<V, T, M>(i, map, Args.LogSumExp[i], 1);
                return;
            }
            if (Unscaled)
            {
                Exponentials<V, T>(i);
                return;
            }
            LogitState state = From == 0 ? LogitState.Empty : States[i];
            void* row = Args.LogitsOf(i);
            LogitRow.Accumulate<V, T, M>(row, Width, map, Args.Terms.LabelSmoothing != 0, ref state);
            int target = Args.Targets[i] - From;
            if ((uint)target < (uint)Width)
                state.Target = F1.Sum(map.Map(F1.All(T.Get(row, target))));
            States[i] = state;
            if (From + Width < Args.Vocabulary)
                return;
            Args.LogSumExp[i] = (float)state.LogSumExp;
            double loss = CrossEntropyKernel.LossOf(state, Args.Terms, Args.Vocabulary);
            Args.Losses[i] = (float)(Negative ? 0 - loss : loss);
            // Against the largest logit and the sum, not lse: exact for large logits too.
            if (Pass == LinearLossPass.ForwardBackward)
                Gradient<V, T, M>(i, map, state.Shift, (float)(1 / state.Sum));
        }

        /// <summary>
        /// Leaves e_v = exp(x_v − max), less their sum at the target, in the row: dlogits but for the row's factor, which the
        /// products' other operand (dW) or result (dX) takes. That spares a second pass of exponentials.
        /// </summary>
        private readonly void Exponentials<V, T>(long i)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            void* row = Args.LogitsOf(i);
            float target = T.Get(row, Args.Targets[i]);
            double sum = LogitRow.Exponentiate<V, T>(row, Args.Vocabulary, out float shift, out float correction);
            double lse = shift + Math.Log(sum * correction), loss = lse - target;
            T.Set(row, Args.Targets[i], (float)(Math.Exp(target - shift) / correction - sum));
            Args.LogSumExp[i] = (float)lse;
            Args.Losses[i] = (float)(Negative ? 0 - loss : loss);
            States[i].Factor = (float)(Args.Scale * Args.Weight(i) / sum);
        }

        private readonly void Gradient<V, T, M>(long i, M map, float shift, float share)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where M : struct, ILogitMap
        {
            if (Args.GradientType == DType.F32)
                CrossEntropyKernel.RowGradient<V, T, StoredF32, M>(Args, i, map, 0, Args.Vocabulary, shift, share, Args.LogSumExp[i], false);
            else
                CrossEntropyKernel.RowGradient<V, T, StoredBf16, M>(Args, i, map, 0, Args.Vocabulary, shift, share, Args.LogSumExp[i], false);
        }
    }
}
