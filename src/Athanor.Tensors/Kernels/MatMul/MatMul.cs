using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// The matrix product, single, batched and grouped, see <see cref="GemmArgs"/>: C = Alpha · op(A) · op(B) + Bias (+ C).
/// bf16 goes to AMX where it runs and is widened to fp32 elsewhere; fp32 goes to <see cref="GemmF32"/> on both.
/// </summary>
internal static unsafe partial class MatMulKernel
{
    // Items with fewer multiply-adds than this are given whole to one thread.
    private const long SmallItem = 1 << 21;

    /// <summary>Runs the product on the device's path. The result does not depend on the number of threads.</summary>
    public static void Run(CpuDevice device, in GemmArgs args)
    {
        Check(args);
        if (args.M == 0 || args.N == 0 || args.Batch == 0)
            return;
        if (device.Path == KernelPath.Amx && args.InputType == DType.BF16)
            GemmBf16.Run(device, args);
        else if (args.Batch == 1 && args.Grouping == GemmGrouping.None)
            Single(device, args);
        else if (device.Path != KernelPath.Reference && args.Batch >= device.Threads && LargestItem(args) <= SmallItem)
            Share(device, args);
        else
        {
            for (int i = 0; i < args.Batch; i++)
                Single(device, args.Item(i));
        }
    }

    private static void Single(CpuDevice device, in GemmArgs args)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args);
        else
            GemmF32.Run(device, args);
    }

    private static long LargestItem(in GemmArgs args)
    {
        if (args.Grouping == GemmGrouping.None)
            return (long)args.M * args.N * args.K;
        int longest = 0;
        for (int i = 0; i < args.Batch; i++)
            longest = Math.Max(longest, args.Groups[i + 1] - args.Groups[i]);
        return longest * (args.Grouping == GemmGrouping.Rows ? (long)args.N * args.K : (long)args.M * args.N);
    }

    private static void Share(CpuDevice device, GemmArgs args)
    {
        // The address of a local that outlives the job: the collector keeps the reference behind it up to date.
        var items = new Items { Args = &args, Device = Unsafe.AsPointer(ref device) };
        device.Team.For(args.Batch, 1, &Part, &items);
    }

    private struct Items
    {
        public GemmArgs* Args;
        public void* Device;
    }

    private static void Part(void* state, int member, long begin, long end)
    {
        var items = (Items*)state;
        CpuDevice device = Unsafe.AsRef<CpuDevice>(items->Device);
        for (long i = begin; i < end; i++)
            Single(device, items->Args->Item((int)i));
    }

    private static void Check(in GemmArgs args)
    {
        if (!args.InputType.IsFloating() || !args.OutputType.IsFloating())
            throw new NotSupportedException($"A matrix product takes F32 or BF16 and gives F32 or BF16, not {args.InputType} to {args.OutputType}.");
    }
}
