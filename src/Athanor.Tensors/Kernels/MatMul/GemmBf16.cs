using System.Runtime.CompilerServices;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>The right operand of many products, packed once: [K, N] in B form.</summary>
internal readonly unsafe struct PackedB(byte* data, int n, int k)
{
    /// <summary><see cref="Bytes"/> bytes, 64-byte aligned.</summary>
    public readonly byte* Data = data;
    public readonly int N = n, K = k;

    public static long Bytes(int n, int k) => Packing.Bytes(n, k);
}

/// <summary>
/// The bf16 matrix product on AMX: C = Alpha · op(A) · op(B) + Bias (+ C), see <see cref="GemmArgs"/>.
/// </summary>
/// <remarks>
/// <para>Every element is the bias (or zero), then the products in steps of 32 k, ascending, in fp32 as TDPBF16PS adds them: even
/// and odd k of a step apart, then together, then onto the sum. That holds for every shape, layout, plan and number of threads,
/// so a row of C does not change, bit for bit, with the rows beside it. bf16 is rounded once, at the end.</para>
/// <para>NaN and infinity propagate; payloads are unspecified. TDPBF16PS takes denormal inputs as zero and flushes denormal
/// results, whatever MXCSR says: a difference below 1e-38 from the other paths.</para>
/// </remarks>
internal static unsafe partial class GemmBf16
{
    // Products with fewer multiply-adds than this are given whole to one thread when there are several.
    private const long SmallItem = 1 << 24;

    /// <summary>Runs the product. Needs a machine with AMX; allocates nothing once the team's scratch has grown.</summary>
    public static void Run(CpuDevice device, in GemmArgs args) => Run(device, args, null);

    /// <summary>As <see cref="Run(CpuDevice, in GemmArgs)"/> with B packed before; the B fields of <paramref name="args"/> are ignored.</summary>
    public static void Run(CpuDevice device, in GemmArgs args, in PackedB packed)
    {
        if (packed.N != args.N || packed.K != args.K || args.Batch != 1 || args.Grouping != GemmGrouping.None)
            throw new ArgumentException($"B was packed as [K {packed.K}, N {packed.N}]; the product has K {args.K}, N {args.N}, batch {args.Batch}: pack one B per product.", nameof(packed));
        Run(device, args, packed.Data);
    }

    /// <summary>Packs B [K, N] (or [N, K] when <paramref name="transposed"/>), bf16 or fp32, into B form.</summary>
    public static PackedB Pack(CpuDevice device, void* b, long ldb, bool transposed, DType type, int n, int k, byte* target)
    {
        var job = new PackJob
        {
            Source = new PackSource(b, ldb, transposed ? n : k, transposed ? k : n, type == DType.F32),
            Transposed = transposed,
            Steps = Packing.Cells(k),
            Target = target,
        };
        device.Team.For(Packing.Cells(n), 8, &PackPanels, &job);
        return new PackedB(target, n, k);
    }

    private struct PackJob
    {
        public PackSource Source;
        public bool Transposed;
        public int Steps;
        public byte* Target;
    }

    private static void PackPanels(void* state, int member, long begin, long end)
    {
        var job = (PackJob*)state;
        Packing.PackB(job->Source, job->Transposed, (int)begin, (int)end, 0, job->Steps, job->Target + begin * job->Steps * Packing.CellBytes);
    }

    private static void Run(CpuDevice device, in GemmArgs args, byte* packed)
    {
        if (args.InputType != DType.BF16)
            throw new NotSupportedException($"The AMX product multiplies BF16, not {args.InputType}.");
        if (args.OutputType is not (DType.F32 or DType.BF16))
            throw new NotSupportedException($"The AMX product gives F32 or BF16, not {args.OutputType}.");
        if (args.Batch == 1 && args.Grouping == GemmGrouping.None)
            RunOne(device, args, packed, alone: false);
        else if (args.Batch >= device.Threads && LargestItem(args) <= SmallItem)
        {
            var items = new Items { Args = args, Device = Unsafe.AsPointer(ref device) };
            device.Team.For(args.Batch, 1, &RunItems, &items);
        }
        else
        {
            for (int i = 0; i < args.Batch; i++)
                RunOne(device, args.Item(i), null, alone: false);
        }
    }

    private struct Items
    {
        public GemmArgs Args;
        public void* Device;
    }

    private static void RunItems(void* state, int member, long begin, long end)
    {
        var items = (Items*)state;
        CpuDevice device = Unsafe.AsRef<CpuDevice>(items->Device);
        for (long i = begin; i < end; i++)
            RunOne(device, items->Args.Item((int)i), null, alone: true);
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

    private static void RunOne(CpuDevice device, in GemmArgs args, byte* packed, bool alone)
    {
        if (args.M == 0 || args.N == 0)
            return;
        GemmPlan plan = args.K == 0 ? default : GemmPlan.For(args.M, args.N, args.K, args.TransA, args.TransB, packed != null, alone ? 1 : device.Team.Members, CpuFeatures.L2Bytes);
        Run(device, args, packed, plan, alone);
    }

    /// <summary>One product by a given plan; for measurements and tests.</summary>
    public static void Run(CpuDevice device, in GemmArgs args, byte* packed, in GemmPlan plan, bool alone = false)
    {
        var team = device.Team;
        GemmJob job = default;
        job.Setup(args, plan, packed);
        int groups = plan.Across ? (Packing.Cells(plan.Swapped ? args.M : args.N) + plan.GroupPanels - 1) / plan.GroupPanels : 0;
        int* taken = stackalloc int[groups];
        new Span<int>(taken, groups).Clear();
        job.RowsTaken = taken;
        if (args.K == 0)
            job.StoreEmptySums();
        else if (alone)
            job.Run(team, Team.Member, 0, 1);
        else
        {
            job.TeamReference = Unsafe.AsPointer(ref team);
            team.Run(&Work, &job);
        }
    }

    private static void Work(void* state, int member)
    {
        var job = (GemmJob*)state;
        Team team = Unsafe.AsRef<Team>(job->TeamReference);
        job->Run(team, member, Team.Rank, team.Members);
    }
}
