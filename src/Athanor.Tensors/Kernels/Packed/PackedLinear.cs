using System.Runtime.CompilerServices;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Products with packed weights, see <see cref="PackedLinearArgs"/>. Q8_0, Q4_0, Q4_K and Q6_K meet inputs rounded to signed bytes (<see cref="QuantizedInputs"/>):
/// exact sums of bytes over 16 or 32 columns, then fp32. BF16 and F32 are multiplied in place, other formats are decoded a few rows at a time.
/// </summary>
/// <remarks>
/// A number of Y depends on its row of W and its row of X alone, not on the rows beside it, on blocking or on threads. Byte products have the same
/// bits on AMX and on vectors with fused multiply-add.
/// </remarks>
internal static unsafe partial class PackedLinearKernel
{
    private const int MostRows = 1024, FewRows = 16, TilesOfPiece = 4, Line = 16, MostMembers = 64;

    // Slots of a thread's scratch: a member's tiles, the caller's rounded inputs, decoded rows (products of which use the others).
    private const int TileSlot = 0, InputSlot = 1, DecodeSlot = 3;

    public static void Run(CpuDevice device, PackedMatrix weight, in PackedLinearArgs args)
    {
        if (device.Path == KernelPath.Reference)
        {
            Reference(weight, args);
            return;
        }
        for (int row = 0; row < args.Rows; row += MostRows)
        {
            PackedLinearArgs some = args;
            some.Rows = Math.Min(MostRows, args.Rows - row);
            some.X = (byte*)args.X + row * args.XStride * args.XType.Size();
            some.Y = (byte*)args.Y + row * args.YStride * args.YType.Size();
            RunBytes(device, weight, some);
            RunOthers(device, weight, some);
        }
    }

    /// <summary>Decodes rows of a table: the embedding.</summary>
    public static void Rows(PackedMatrix table, int* rows, int count, void* target, DType type)
    {
        float* values = (float*)ThreadScratch.Get(DecodeSlot, table.Columns * sizeof(float));
        for (int i = 0; i < count; i++)
        {
            table.DecodeRow(rows[i], new Span<float>(values, table.Columns));
            for (int k = 0; k < table.Columns; k++)
                StoredScalar.Set(target, (long)i * table.Columns + k, type, values[k]);
        }
    }

    /// <summary>Whether a format's rows are multiplied as bytes.</summary>
    private static bool AsBytes(BlockFormat format) => format is BlockFormat.Q8_0 or BlockFormat.Q4_0 or BlockFormat.Q4_K or BlockFormat.Q6_K;

    private struct Part
    {
        public BlockFormat Format;
        public byte* Data;
        public long RowBytes, FirstTile;

        /// <summary>Rows, and the place of the first among all.</summary>
        public int Rows, First;
    }

    private struct Job
    {
        public PackedLinearArgs Args;
        public QuantizedInputs Inputs;
        public Part* Parts;
        public int Count, Columns;
        public bool Amx;

        /// <summary>All tiles of rows, and how many each member's share has given away, <see cref="Line"/> numbers apart; behind them how many parts of inputs are taken.</summary>
        public long Tiles;
        public long* Taken;
        public void* Team;
    }

    private static void RunBytes(CpuDevice device, PackedMatrix weight, in PackedLinearArgs args)
    {
        ReadOnlySpan<PackedPart> parts = weight.Span;
        long* taken = stackalloc long[(MostMembers + 1) * Line];
        Part* mine = stackalloc Part[Math.Min(parts.Length, 64)];
        for (int from = 0, first = 0; from < parts.Length; from += 64)
        {
            int count = 0;
            long tiles = 0;
            foreach (PackedPart part in parts[from..Math.Min(from + 64, parts.Length)])
            {
                if (AsBytes(part.Format))
                {
                    mine[count++] = new Part { Format = part.Format, Data = (byte*)part.Address, RowBytes = part.Format.RowBytes(weight.Columns), FirstTile = tiles, Rows = part.Rows, First = first };
                    tiles += (part.Rows + PackedTile.Rows - 1) / PackedTile.Rows;
                }
                first += part.Rows;
            }
            if (count == 0)
                continue;
            bool amx = device.Path == KernelPath.Amx && CpuFeatures.AmxInt8;
            bool alone = args.Rows <= MostAlone(device, mine, count);
            byte* memory = ThreadScratch.Get(InputSlot, QuantizedInputs.BytesFor(args.Rows, weight.Columns, alone));
            Team team = device.Team;
            var job = new Job
            {
                Args = args,
                Inputs = new QuantizedInputs(memory, args.Rows, weight.Columns, alone, amx),
                Parts = mine,
                Count = count,
                Columns = weight.Columns,
                Amx = amx,
                Tiles = tiles,
                Taken = taken,
                // The address of a local that outlives the job: the collector keeps the reference behind it up to date.
                Team = Unsafe.AsPointer(ref team),
            };
            new Span<long>(taken, (MostMembers + 1) * Line).Clear();
            team.Run(amx || device.Lanes == 16 ? &Shares<F512> : device.Lanes == 8 ? &Shares<F256> : device.Lanes == 4 ? &Shares<F128> : &Shares<F1>, &job);
        }
    }

    /// <summary>
    /// How many inputs meet a tile of weights one after the other. Memory's time is paid once, that of unpacking each time: more of them are faster on tiles, where weights
    /// are unpacked once; Q8_0, of which AMX takes rows in place, gets there sooner.
    /// </summary>
    private static int MostAlone(CpuDevice device, Part* parts, int count)
    {
        if (!HasSingle || device.Lanes < 8)
            return 1;
        for (int i = 0; i < count; i++)
        {
            if (parts[i].Format != BlockFormat.Q8_0)
                return 5;
        }
        return 2;
    }

    /// <summary>
    /// Members round the inputs together, while the first of their weights arrive. Then a member takes the tiles of its own share in order, so that the lines fetched
    /// ahead are its own, and then what others have left. At the end of a share the pieces are small: whoever has less to do otherwise waits for a slow member's last one.
    /// </summary>
    private static void Shares<V>(void* state, int member)
        where V : unmanaged, IVector<V>
    {
        var job = (Job*)state;
        ref Team team = ref Unsafe.AsRef<Team>(job->Team);
        int shares = Math.Min(team.Members, MostMembers), rank = Team.Rank;
        if (rank < shares)
            FetchFirst(*job, job->Tiles * rank / shares, job->Tiles * (rank + 1) / shares);
        FillInputs(job);
        team.Barrier();
        for (int i = 0; i < shares; i++)
        {
            int owner = (rank + i) % shares;
            long begin = job->Tiles * owner / shares, count = job->Tiles * (owner + 1) / shares - begin;
            ref long taken = ref job->Taken[owner * Line];
            for (long left = count - Volatile.Read(ref taken); left > 0; left = count - Volatile.Read(ref taken))
            {
                int some = job->Inputs.Lanes == 1 && left <= 2 * TilesOfPiece ? 1 : TilesOfPiece;
                long from = Interlocked.Add(ref taken, some) - some;
                if (from < count)
                    Piece<V>(job, begin + from, begin + Math.Min(from + some, count), begin, begin + count);
            }
        }
    }

    private static void FillInputs(Job* job)
    {
        sbyte* room = (sbyte*)ThreadScratch.Get(TileSlot, FewRows * 32L * job->Inputs.Blocks);
        ref long taken = ref job->Taken[MostMembers * Line];
        for (long part; (part = Interlocked.Increment(ref taken) - 1) < (long)job->Inputs.Groups * job->Inputs.Parts;)
            job->Inputs.Fill((int)(part / job->Inputs.Parts), (int)(part % job->Inputs.Parts), job->Args, room);
    }

    /// <summary>Fetches what a share, or a part in it, begins with.</summary>
    private static void FetchFirst(in Job job, long tile, long shareEnd)
    {
        int index = 0;
        while (index + 1 < job.Count && Behind(job, index) <= tile)
            index++;
        ref readonly Part part = ref job.Parts[index];
        if (tile < shareEnd && IsFetched(job, part))
            FetchAll(part, part.Data + (tile - part.FirstTile) * PackedTile.Rows * part.RowBytes, Math.Min(shareEnd, Behind(job, index)) - tile, job.Columns);
    }

    /// <summary>The first tile behind a part.</summary>
    private static long Behind(in Job job, int index) => job.Parts[index].FirstTile + (job.Parts[index].Rows + PackedTile.Rows - 1) / PackedTile.Rows;

    /// <param name="shareBegin">The tiles that are taken, and so fetched, one after the other.</param>
    private static void Piece<V>(Job* job, long tile, long end, long shareBegin, long shareEnd)
        where V : unmanaged, IVector<V>
    {
        for (int index = 0; tile < end; index++)
        {
            ref readonly Part part = ref job->Parts[index];
            long behind = Behind(*job, index);
            if (behind <= tile)
                continue;
            long first = Math.Max(shareBegin, part.FirstTile), count = Math.Min(shareEnd, behind) - first;
            behind = Math.Min(behind, end);
            int row = (int)(tile - part.FirstTile) * PackedTile.Rows, rows = Math.Min((int)(behind - tile) * PackedTile.Rows, part.Rows - row);
            // What a share begins with is on its way.
            if (tile == first && first > shareBegin)
                FetchFirst(*job, first, shareEnd);
            Multiply<V>(*job, part, row, rows, tile - first, count);
            tile = behind;
        }
    }

    private static void Multiply<V>(in Job job, in Part part, int row, int rows, long number, long count)
        where V : unmanaged, IVector<V>
    {
        switch (part.Format)
        {
            case BlockFormat.Q8_0: Multiply<V, UnpackQ8_0, NoWideBlock>(job, part, row, rows, number, count); break;
            case BlockFormat.Q4_0: Multiply<V, UnpackQ4_0, WideQ4_0>(job, part, row, rows, number, count); break;
            case BlockFormat.Q4_K: Multiply<V, UnpackQ4_K, WideQ4_K>(job, part, row, rows, number, count); break;
            default: Multiply<V, UnpackQ6_K, WideQ6_K>(job, part, row, rows, number, count); break;
        }
    }
}
