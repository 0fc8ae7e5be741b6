using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Inputs rounded to signed bytes, 32 columns to a scale: x ≈ Scale·q with Scale = max|x| / 127, so that an error is at most max|x| / 254 of its block. Rows in
/// groups of sixteen (the last one filled with zeros), or of one where they are taken one by one; columns filled with zeros to a multiple of 64.
/// </summary>
/// <remarks>For tiles a group lies as blocks of [8 quads of columns][16 rows][4]; otherwise as rows.</remarks>
internal readonly unsafe struct QuantizedInputs
{
    private const int Group = 16;

    /// <summary>Where the parts lie in memory of <see cref="BytesFor"/>.</summary>
    /// <param name="alone">Whether rows are taken one by one.</param>
    public QuantizedInputs(byte* memory, int rows, int columns, bool alone, bool tiles)
    {
        Rows = rows;
        Columns = columns;
        Blocks = (columns + 63) / 64 * 2;
        Tiles = tiles && !alone;
        Lanes = alone ? 1 : Group;
        Groups = (rows + Lanes - 1) / Lanes;
        long blocks = (long)Groups * Lanes * Blocks;
        Values = (sbyte*)memory;
        Scales = (float*)(memory + (blocks * 32 + 63) / 64 * 64);
        Sums = Scales + (blocks + 15) / 16 * 16;
        Halves = (int*)(Sums + (blocks + 15) / 16 * 16);
        Eights = Halves + (blocks + 7) / 8 * 16;
    }

    public readonly int Rows, Columns, Blocks, Lanes, Groups;
    public readonly bool Tiles;

    /// <summary>Groups of blocks of tiles, or of rows.</summary>
    public readonly sbyte* Values;

    /// <summary>[groups][blocks][lanes]: the scale, and the scale times the sum of the bytes.</summary>
    public readonly float* Scales, Sums;

    /// <summary>Of rows by themselves: [rows][blocks][2], sums of the bytes of sixteen columns.</summary>
    public readonly int* Halves;

    /// <summary>Of rows by themselves: [rows][blocks], minus eight times the sum of the bytes, by which unsigned nibbles are too much.</summary>
    public readonly int* Eights;

    public static long BytesFor(int rows, int columns, bool alone)
    {
        long blocks = (alone ? rows : (rows + Group - 1L) / Group * Group) * ((columns + 63) / 64 * 2);
        return blocks * (alone ? 52 : 40) + 5 * 64;
    }

    public sbyte* ValuesOf(int group) => Values + (long)group * Lanes * Blocks * 32;
    public float* ScalesOf(int group) => Scales + (long)group * Lanes * Blocks;
    public float* SumsOf(int group) => Sums + (long)group * Lanes * Blocks;

    /// <summary>A row by itself.</summary>
    public InputBlocks Row(int row) => new(ValuesOf(row), ScalesOf(row), SumsOf(row), Halves + (long)row * Blocks * 2, Eights + (long)row * Blocks);

    /// <summary>Parts of a group that members of a team round: a few rows by themselves would leave all but one idle.</summary>
    public int Parts => (Blocks + PartBlocks - 1) / PartBlocks;

    private int PartBlocks => Tiles ? 8 : Lanes == 1 ? 32 : Blocks;

    /// <summary>Rounds a part of the rows of one group.</summary>
    /// <param name="room">Bytes for a part of a group of rows, for tiles.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(int group, int part, in PackedLinearArgs a, sbyte* room)
    {
        int first = group * Lanes, count = Math.Min(Lanes, Rows - first), from = part * PartBlocks, blocks = Math.Min(PartBlocks, Blocks - from);
        sbyte* rows = Tiles ? room : ValuesOf(group) + from * 32L;
        long length = blocks * 32L;
        for (int i = 0; i < Lanes; i++)
        {
            float* scales = ScalesOf(group) + (long)from * Lanes + i, sums = SumsOf(group) + (long)from * Lanes + i;
            if (i < count)
                Round(first + i, from, blocks, a, rows + i * length, scales, sums);
            else
                Clear(blocks, rows + i * length, scales, sums);
        }
        if (!Tiles)
            return;
        byte* to = (byte*)ValuesOf(group) + from * 512L;
        for (int block = 0; block < blocks; block += 2, to += 1024)
            Packing.Transpose16((byte*)rows + block * 32, length, to);
    }

    private void Clear(int blocks, sbyte* values, float* scales, float* sums)
    {
        new Span<sbyte>(values, blocks * 32).Clear();
        for (int i = 0; i < blocks; i++)
            scales[i * Lanes] = sums[i * Lanes] = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Round(int row, int from, int blocks, in PackedLinearArgs a, sbyte* values, float* scales, float* sums)
    {
        int whole = Math.Min(from + blocks, Columns / 32);
        for (int i = from; i < whole; i++, values += 32, scales += Lanes, sums += Lanes)
        {
            Vector512<float> x0, x1;
            if (a.XType == DType.F32)
            {
                float* x = (float*)a.X + row * a.XStride + i * 32;
                (x0, x1) = (Vector512.Load(x), Vector512.Load(x + 16));
            }
            else
            {
                ushort* x = (ushort*)a.X + row * a.XStride + i * 32;
                (x0, x1) = (F512.LoadBf16(x).Value, F512.LoadBf16(x + 16).Value);
            }
            float most = Largest(x0, x1);
            float inverse = most > 0 ? 127 / most : 0;
            // A block so small that its inverse overflows counts as zero.
            if (!float.IsFinite(inverse))
                inverse = most = float.IsNaN(most) || float.IsInfinity(most) ? float.NaN : 0;
            Vector512<int> q0 = Nearest(x0 * inverse), q1 = Nearest(x1 * inverse);
            *scales = most / 127;
            long block = (long)row * Blocks + i;
            int sum = Lanes == 1 ? Halve(q0, q1, Halves + block * 2) : Vector512.Sum(q0 + q1);
            if (Lanes == 1)
                Eights[block] = -8 * sum;
            *sums = *scales * sum;
            Narrow(q0, q1).Store(values);
        }
        for (int i = Math.Max(from, whole); i < from + blocks; i++, values += 32, scales += Lanes, sums += Lanes)
        {
            Vector256<sbyte>.Zero.Store(values);
            *scales = *sums = 0;
        }
    }

    // Magnitudes are in order as integers too, where NaN comes last; maxima of numbers take four times the instructions, for NaN's sake.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector512<float> x0, Vector512<float> x1)
    {
        Vector512<int> magnitude = Vector512.Create(0x7FFFFFFF), whole = Vector512.Max(x0.AsInt32() & magnitude, x1.AsInt32() & magnitude);
        Vector256<int> half = Vector256.Max(whole.GetLower(), whole.GetUpper());
        Vector128<int> quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        quarter = Vector128.Max(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        return BitConverter.Int32BitsToSingle(Vector128.Max(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2))).ToScalar());
    }

    /// <summary>Writes the sums of either half and gives that of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Halve(Vector512<int> q0, Vector512<int> q1, int* halves)
    {
        if (Avx2.IsSupported)
        {
            Vector256<int> eight = Avx2.HorizontalAdd(q0.GetLower() + q0.GetUpper(), q1.GetLower() + q1.GetUpper());
            Vector128<int> four = eight.GetLower() + eight.GetUpper(), two = Ssse3.HorizontalAdd(four, four);
            *(long*)halves = two.AsInt64().ToScalar();
        }
        else
        {
            halves[0] = Vector512.Sum(q0);
            halves[1] = Vector512.Sum(q1);
        }
        return halves[0] + halves[1];
    }

    // Adding and taking away 1.5·2^23 rounds to nearest even.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Nearest(Vector512<float> x) => (x + Vector512.Create(12582912f)).AsInt32() - Vector512.Create(0x4B400000);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Narrow(Vector512<int> a, Vector512<int> b)
    {
        if (Avx512F.IsSupported)
            return Vector256.Create(Avx512F.ConvertToVector128SByte(a), Avx512F.ConvertToVector128SByte(b));
        return Vector256.Narrow(Vector256.Narrow(a.GetLower(), a.GetUpper()), Vector256.Narrow(b.GetLower(), b.GetUpper()));
    }
}
