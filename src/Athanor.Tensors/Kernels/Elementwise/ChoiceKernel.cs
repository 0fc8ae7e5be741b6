using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Comparisons, with NaN as IEEE 754 has it: every comparison with NaN is false except NotEqual.</summary>
internal enum Comparison
{
    Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual,
}

/// <summary>Comparison of two tensors to a U8 mask (0 or 1), and selection by such a mask, both under broadcasting.</summary>
internal static unsafe class ChoiceKernel
{
    private const long ChunkElements = 16 << 10;

    public static void Compare(CpuDevice device, Comparison comparison, DType type, void* a, void* b, byte* mask, in Broadcast plan)
    {
        var body = new CompareBody { A = a, B = b, Mask = mask, Plan = plan, How = comparison };
        if (device.Path == KernelPath.Reference)
        {
            Cells first = new(a, type), second = new(b, type);
            for (long i = 0; i < plan.Count; i++)
            {
                plan.Locate(i / plan.Inner, out long atA, out long atB, out _);
                long inner = i % plan.Inner;
                mask[i] = Holds(comparison, first[atA + inner * plan.InnerStride(0)], second[atB + inner * plan.InnerStride(1)]) ? (byte)1 : (byte)0;
            }
        }
        else if (type.IsFloating())
        {
            device.Launch(body, type, plan.Count, ChunkElements);
        }
        else
        {
            throw new NotSupportedException($"Comparison takes F32 and BF16, not {type}. Cast first.");
        }
    }

    /// <summary>y = mask ≠ 0 ? a : b. Operand order of the plan: mask, a, b.</summary>
    public static void Select(CpuDevice device, DType type, byte* mask, void* a, void* b, void* y, in Broadcast plan)
    {
        if (device.Path == KernelPath.Reference)
        {
            Cells first = new(a, type), second = new(b, type), result = new(y, type);
            for (long i = 0; i < plan.Count; i++)
            {
                plan.Locate(i / plan.Inner, out long atMask, out long atA, out long atB);
                long inner = i % plan.Inner;
                result[i] = mask[atMask + inner * plan.InnerStride(0)] != 0 ? first[atA + inner * plan.InnerStride(1)] : second[atB + inner * plan.InnerStride(2)];
            }
            return;
        }
        device.Launch(new SelectBody { Mask = mask, A = a, B = b, Y = y, Plan = plan }, type, plan.Count, ChunkElements);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Holds(Comparison comparison, double a, double b) => comparison switch
    {
        Comparison.Less => a < b,
        Comparison.LessOrEqual => a <= b,
        Comparison.Greater => a > b,
        Comparison.GreaterOrEqual => a >= b,
        Comparison.Equal => a == b,
        _ => a != b,
    };

    private struct CompareBody : IKernelBody
    {
        public void* A, B;
        public byte* Mask;
        public Broadcast Plan;
        public Comparison How;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long inner = Plan.Inner, stepA = Plan.InnerStride(0), stepB = Plan.InnerStride(1);
            for (long i = begin; i < end;)
            {
                long row = i / inner, first = i - row * inner, count = Math.Min(inner - first, end - i);
                Plan.Locate(row, out long atA, out long atB, out _);
                atA += first * stepA;
                atB += first * stepB;
                for (long k = 0; k < count; k++)
                    Mask[i + k] = Holds(How, T.Get(A, atA + k * stepA), T.Get(B, atB + k * stepB)) ? (byte)1 : (byte)0;
                i += count;
            }
        }
    }

    private struct SelectBody : IKernelBody
    {
        public byte* Mask;
        public void* A, B, Y;
        public Broadcast Plan;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long inner = Plan.Inner, stepMask = Plan.InnerStride(0), stepA = Plan.InnerStride(1), stepB = Plan.InnerStride(2);
            for (long i = begin; i < end;)
            {
                long row = i / inner, first = i - row * inner, count = Math.Min(inner - first, end - i);
                Plan.Locate(row, out long atMask, out long atA, out long atB);
                atMask += first * stepMask;
                atA += first * stepA;
                atB += first * stepB;
                for (long k = 0; k < count; k++)
                {
                    float a = T.Get(A, atA + k * stepA), b = T.Get(B, atB + k * stepB);
                    T.Set(Y, i + k, Mask[atMask + k * stepMask] != 0 ? a : b);
                }
                i += count;
            }
        }
    }
}
