using System.Runtime.CompilerServices;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Memory;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class PackedLinearKernel
{
    private const int DecodedRows = 32;

    private struct DecodeJob
    {
        public PackedLinearArgs Args;
        public BlockFormat Format;
        public byte* Data;
        public long RowBytes;
        public int Rows, First, Columns;
        public DType Type;
        public void* Device;
    }

    /// <summary>
    /// The parts that are not multiplied as bytes: BF16 and F32 as they lie, the rest decoded, to bf16 for AMX (their own step is much coarser), to fp32 otherwise and
    /// for F16.
    /// </summary>
    private static void RunOthers(CpuDevice device, PackedMatrix weight, in PackedLinearArgs args)
    {
        int first = 0;
        foreach (PackedPart part in weight.Span)
        {
            if (!AsBytes(part.Format))
                RunOther(device, part, first, weight.Columns, args);
            first += part.Rows;
        }
    }

    private static void RunOther(CpuDevice device, in PackedPart part, int first, int columns, in PackedLinearArgs args)
    {
        bool half = part.Format == BlockFormat.BF16 || device.Path == KernelPath.Amx && part.Format is not (BlockFormat.F16 or BlockFormat.F32);
        DType type = half ? DType.BF16 : DType.F32;
        if (args.XType == type)
        {
            RunOther(device, part, first, columns, args, type);
            return;
        }
        // Products inside use the threads' scratch: the converted inputs lie elsewhere.
        NativeBuffer memory = device.Heap.Rent((long)args.Rows * columns * type.Size(), nameof(Ops.Linear));
        RunOther(device, part, first, columns, Converted(args, columns, type, memory.Pointer), type);
        memory.Release();
    }

    private static void RunOther(CpuDevice device, in PackedPart part, int first, int columns, in PackedLinearArgs args, DType type)
    {
        if (part.Format is BlockFormat.BF16 or BlockFormat.F32)
        {
            MatMulKernel.Run(device, Product(args, first, part.Rows, columns, type, (void*)part.Address));
            return;
        }
        var job = new DecodeJob
        {
            Args = args,
            Format = part.Format,
            Data = (byte*)part.Address,
            RowBytes = part.Format.RowBytes(columns),
            Rows = part.Rows,
            First = first,
            Columns = columns,
            Type = type,
            // The address of a local that outlives the job: the collector keeps the reference behind it up to date.
            Device = Unsafe.AsPointer(ref device),
        };
        device.Team.For((part.Rows + DecodedRows - 1) / DecodedRows, 1, &DecodeItems, &job);
    }

    private static void DecodeItems(void* state, int member, long begin, long end)
    {
        var job = (DecodeJob*)state;
        CpuDevice device = Unsafe.AsRef<CpuDevice>(job->Device);
        int columns = job->Columns;
        for (long item = begin; item < end; item++)
        {
            int row = (int)item * DecodedRows, rows = Math.Min(DecodedRows, job->Rows - row);
            float* values = (float*)ThreadScratch.Get(DecodeSlot, (DecodedRows + 1L) * columns * sizeof(float));
            ushort* rounded = (ushort*)(values + columns);
            for (int i = 0; i < rows; i++)
            {
                float* to = job->Type == DType.F32 ? values + (long)i * columns : values;
                BlockCodec.DecodeRow(job->Format, new ReadOnlySpan<byte>(job->Data + (row + i) * job->RowBytes, (int)job->RowBytes), new Span<float>(to, columns));
                if (job->Type == DType.BF16)
                    Round(to, rounded + (long)i * columns, columns);
            }
            MatMulKernel.Run(device, Product(job->Args, job->First + row, rows, columns, job->Type, job->Type == DType.F32 ? values : rounded));
        }
    }

    private static GemmArgs Product(in PackedLinearArgs args, int first, int rows, int columns, DType type, void* weights) => new()
    {
        M = args.Rows,
        N = rows,
        K = columns,
        A = args.X,
        Lda = args.XStride,
        B = weights,
        Ldb = columns,
        TransB = true,
        InputType = type,
        C = (byte*)args.Y + (long)first * args.YType.Size(),
        Ldc = args.YStride,
        OutputType = args.YType,
        Bias = args.Bias == null ? null : args.Bias + first,
    };

    private static PackedLinearArgs Converted(PackedLinearArgs args, int columns, DType type, byte* memory)
    {
        for (int i = 0; i < args.Rows; i++)
        {
            if (type == DType.BF16)
                Round((float*)args.X + i * args.XStride, (ushort*)memory + (long)i * columns, columns);
            else
                Widen((ushort*)args.X + i * args.XStride, (float*)memory + (long)i * columns, columns);
        }
        return args with { X = memory, XStride = columns, XType = type };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round(float* from, ushort* to, int count)
    {
        for (int i = 0; i < count; i++)
            to[i] = BFloat16.FromSingle(from[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(ushort* from, float* to, int count)
    {
        for (int i = 0; i < count; i++)
            to[i] = BFloat16.ToSingle(from[i]);
    }
}
