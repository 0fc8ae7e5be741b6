using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Kernels;

/// <summary>One input, rounded to bytes, from a block's first column on.</summary>
/// <param name="values">Signed bytes.</param>
/// <param name="scales">One for 32 columns.</param>
/// <param name="sums">Scale times the sum of the bytes, for 32 columns.</param>
/// <param name="halves">Sums of the bytes, for 16 columns.</param>
internal unsafe ref struct InputBlocks(sbyte* values, float* scales, float* sums, int* halves, int* eights)
{
    public sbyte* Values = values;
    public float* Scales = scales, Sums = sums;
    public int* Halves = halves, Eights = eights;

    /// <summary>Sixteen columns for each of the four rows in a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector512<sbyte> Columns(int half) => Avx512F.BroadcastVector128ToVector512((int*)(Values + half * 16)).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(int parts)
    {
        Values += parts * 32;
        Scales += parts;
        Sums += parts;
        Halves += parts * 2;
        Eights += parts;
    }
}

/// <summary>A block of sixteen rows times one input, in registers of 512 bits that hold sixteen bytes of four rows; <see cref="WideBlocks"/> has the steps.</summary>
internal unsafe interface IWideBlock
{
    static abstract bool IsSupported { get; }

    /// <summary>sums[row] += block · input, in the order of the other kernels.</summary>
    /// <param name="offsets"><see cref="WideBlocks.Offsets"/> of the row length.</param>
    static abstract Vector512<float> Add(Vector512<float> sums, byte* rows, long rowBytes, Vector256<int> offsets, in InputBlocks input);
}

/// <summary>A format that is multiplied in narrower registers: whole bytes would overflow the sums of 16 bits that this goes by, and four products at once exist for 256 bits only.</summary>
internal readonly unsafe struct NoWideBlock : IWideBlock
{
    public static bool IsSupported => false;

    public static Vector512<float> Add(Vector512<float> sums, byte* rows, long rowBytes, Vector256<int> offsets, in InputBlocks input) =>
        throw new NotSupportedException("This format is multiplied in narrower registers.");
}

/// <summary>What products with blocks of sixteen rows share.</summary>
internal static unsafe class WideBlocks
{
    /// <summary>Sixteen bytes of the rows 0, 4, 8 and 12 from here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Four(byte* row, long rowBytes)
    {
        byte* other = row + 8 * rowBytes;
        return Both(Vector256.Create(Vector128.Load(row), Vector128.Load(row + 4 * rowBytes)), Vector256.Create(Vector128.Load(other), Vector128.Load(other + 4 * rowBytes)));
    }

    /// <summary>Sums of two neighbouring products; unsigned bytes up to 128 do not saturate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Pairs(Vector512<byte> weights, Vector512<sbyte> inputs) => Avx512BW.MultiplyAddAdjacent(weights, inputs);

    /// <summary>Sums of each row's eight: row 4·lane + i from register i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Rows(Vector512<short> a, Vector512<short> b, Vector512<short> c, Vector512<short> d)
    {
        Vector512<short> one = Vector512<short>.One;
        Vector512<long> first = Interleaved(Avx512BW.MultiplyAddAdjacent(a, one), Avx512BW.MultiplyAddAdjacent(b, one)).AsInt64();
        Vector512<long> second = Interleaved(Avx512BW.MultiplyAddAdjacent(c, one), Avx512BW.MultiplyAddAdjacent(d, one)).AsInt64();
        return Avx512F.UnpackLow(first, second).AsInt32() + Avx512F.UnpackHigh(first, second).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Interleaved(Vector512<int> a, Vector512<int> b) => Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b);

    // Vector512.Create would make two insertions of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Both<T>(Vector256<T> lower, Vector256<T> upper) => lower.ToVector512Unsafe().WithUpper(upper);

    /// <summary>Where eight rows lie after the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Offsets(long rowBytes) => Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7) * (int)rowBytes;

    /// <summary>The four bytes at the same place of sixteen rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> FourBytes(byte* first, long rowBytes, Vector256<int> offsets) =>
        Both(Avx2.GatherVector256((int*)first, offsets, 1), Avx2.GatherVector256((int*)(first + 8 * rowBytes), offsets, 1));

    /// <summary>fp16 in the upper halves as fp32, exact; lower halves do not matter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> UpperHalf(Vector512<int> h)
    {
        // Exponents with another bias; but for 0 (subnormals, on which multiplications are slow) and 31 (infinities).
        Vector512<int> next = (h + Vector512.Create(1 << 26)) & Vector512.Create(0x78000000);
        if (Vector512.EqualsAny(next, Vector512<int>.Zero))
            return SmallScales.Half(h >>> 16);
        return ((h >> 3) & Vector512.Create(unchecked((int)0x8FFFE000))).AsSingle() * 5.192296858534828e33f;
    }

    /// <summary>One step of a row's sum: see the emitted kernels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Step(Vector512<float> sums, Vector512<int> products, float inputScale, Vector512<float> scales) =>
        Avx512F.FusedMultiplyAdd(Vector512.ConvertToSingle(products) * inputScale, scales, sums);
}

/// <summary>Q4_0 in blocks of sixteen rows.</summary>
internal readonly unsafe struct WideQ4_0 : IWideBlock
{
    public static bool IsSupported => Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sums, byte* rows, long rowBytes, Vector256<int> offsets, in InputBlocks input)
    {
        Vector512<sbyte> low = input.Columns(0), high = input.Columns(1);
        Vector512<int> products = WideBlocks.Rows(
            Products(rows + 2, rowBytes, low, high), Products(rows + 2 + rowBytes, rowBytes, low, high),
            Products(rows + 2 + 2 * rowBytes, rowBytes, low, high), Products(rows + 2 + 3 * rowBytes, rowBytes, low, high));
        products += Vector512.Create(*input.Eights);
        return WideBlocks.Step(sums, products, *input.Scales, WideBlocks.UpperHalf(WideBlocks.FourBytes(rows, rowBytes, offsets) << 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Products(byte* row, long rowBytes, Vector512<sbyte> low, Vector512<sbyte> high)
    {
        Vector512<byte> bytes = WideBlocks.Four(row, rowBytes), mask = Vector512.Create((byte)15);
        return WideBlocks.Pairs(bytes & mask, low) + WideBlocks.Pairs((bytes.AsUInt16() >> 4).AsByte() & mask, high);
    }
}

/// <summary>The scales and minima of a Q4_K block of sixteen rows, taken in the order of the columns.</summary>
internal unsafe ref struct WideScalesQ4_K
{
    private readonly Vector512<float> _d, _min;
    private readonly Vector512<int> _laterScales, _laterMins;
    private Vector512<int> _scales, _mins;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WideScalesQ4_K(byte* rows, long rowBytes, Vector256<int> offsets)
    {
        Vector512<int> both = WideBlocks.FourBytes(rows, rowBytes, offsets);
        _d = WideBlocks.UpperHalf(both << 16);
        _min = WideBlocks.UpperHalf(both);
        // Four scales or minima of six bits in each: see UnpackQ4_K.
        Vector512<int> a = WideBlocks.FourBytes(rows + 4, rowBytes, offsets), b = WideBlocks.FourBytes(rows + 8, rowBytes, offsets), c = WideBlocks.FourBytes(rows + 12, rowBytes, offsets);
        Vector512<int> six = Vector512.Create(0x3F3F3F3F), four = Vector512.Create(0x0F0F0F0F), top = Vector512.Create(0x30303030);
        _scales = a & six;
        _mins = b & six;
        _laterScales = (c & four) | (a >>> 2 & top);
        _laterMins = (c >>> 4 & four) | (b >>> 2 & top);
    }

    /// <summary>One step of the rows' sums for the next 32 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Step(Vector512<float> sums, Vector512<int> products, int unit, float inputScale, float inputSum)
    {
        if (unit == 4)
        {
            _scales = _laterScales;
            _mins = _laterMins;
        }
        Vector512<int> last = Vector512.Create(255);
        sums = WideBlocks.Step(sums, products, inputScale, _d * Vector512.ConvertToSingle(_scales & last));
        sums = Avx512F.FusedMultiplyAddNegated(Vector512.Create(inputSum), _min * Vector512.ConvertToSingle(_mins & last), sums);
        _scales >>>= 8;
        _mins >>>= 8;
        return sums;
    }
}

/// <summary>Q4_K in blocks of sixteen rows: d and its minimum, twelve bytes of scales, 128 of nibbles, of which 32 hold two parts of 32 columns.</summary>
internal readonly unsafe struct WideQ4_K : IWideBlock
{
    public static bool IsSupported => Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sums, byte* rows, long rowBytes, Vector256<int> offsets, in InputBlocks input)
    {
        var scales = new WideScalesQ4_K(rows, rowBytes, offsets);
        InputBlocks some = input;
        for (int pair = 0; pair < 4; pair++)
        {
            byte* bytes = rows + 16 + pair * 32;
            Vector512<sbyte> x0 = some.Columns(0), x1 = some.Columns(1), x2 = some.Columns(2), x3 = some.Columns(3);
            Products(bytes, rowBytes, x0, x1, x2, x3, out Vector512<short> l0, out Vector512<short> h0);
            Products(bytes + rowBytes, rowBytes, x0, x1, x2, x3, out Vector512<short> l1, out Vector512<short> h1);
            Products(bytes + 2 * rowBytes, rowBytes, x0, x1, x2, x3, out Vector512<short> l2, out Vector512<short> h2);
            Products(bytes + 3 * rowBytes, rowBytes, x0, x1, x2, x3, out Vector512<short> l3, out Vector512<short> h3);
            sums = scales.Step(sums, WideBlocks.Rows(l0, l1, l2, l3), 2 * pair, some.Scales[0], some.Sums[0]);
            sums = scales.Step(sums, WideBlocks.Rows(h0, h1, h2, h3), 2 * pair + 1, some.Scales[1], some.Sums[1]);
            some.Next(2);
        }
        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products(
        byte* row, long rowBytes, Vector512<sbyte> x0, Vector512<sbyte> x1, Vector512<sbyte> x2, Vector512<sbyte> x3, out Vector512<short> low, out Vector512<short> high)
    {
        Vector512<byte> first = WideBlocks.Four(row, rowBytes), second = WideBlocks.Four(row + 16, rowBytes), mask = Vector512.Create((byte)15);
        low = WideBlocks.Pairs(first & mask, x0) + WideBlocks.Pairs(second & mask, x1);
        high = WideBlocks.Pairs((first.AsUInt16() >> 4).AsByte() & mask, x2) + WideBlocks.Pairs((second.AsUInt16() >> 4).AsByte() & mask, x3);
    }
}

/// <summary>Q6_K in blocks of sixteen rows: twice 64 bytes of lower nibbles, twice 32 of upper pairs of bits, sixteen signed scales, d.</summary>
internal readonly unsafe struct WideQ6_K : IWideBlock
{
    public static bool IsSupported => Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sums, byte* rows, long rowBytes, Vector256<int> offsets, in InputBlocks input)
    {
        // The last two bytes of a block are d.
        Vector512<float> d = WideBlocks.UpperHalf(WideBlocks.FourBytes(rows + 206, rowBytes, offsets));
        InputBlocks some = input;
        for (int half = 0; half < 2; half++)
        {
            byte* low = rows + half * 64, top = rows + 128 + half * 32;
            Vector512<int> s0 = WideBlocks.FourBytes(rows + 192 + half * 8, rowBytes, offsets), s1 = WideBlocks.FourBytes(rows + 196 + half * 8, rowBytes, offsets);
            sums = Part<Zero>(sums, low, top, rowBytes, some, d, s0);
            some.Next(1);
            sums = Part<One>(sums, low + 32, top, rowBytes, some, d, s0 >>> 16);
            some.Next(1);
            sums = Part<Two>(sums, low, top, rowBytes, some, d, s1);
            some.Next(1);
            sums = Part<Three>(sums, low + 32, top, rowBytes, some, d, s1 >>> 16);
            some.Next(1);
        }
        return sums;
    }

    /// <summary>32 columns, two scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Part<TPart>(Vector512<float> sums, byte* low, byte* top, long rowBytes, in InputBlocks input, Vector512<float> d, Vector512<int> scales)
        where TPart : struct, IPart
    {
        for (int unit = 0; unit < 2; unit++, low += 16, top += 16)
        {
            Vector512<sbyte> x = input.Columns(unit);
            Vector512<int> products = WideBlocks.Rows(
                Products<TPart>(low, top, rowBytes, x), Products<TPart>(low + rowBytes, top + rowBytes, rowBytes, x),
                Products<TPart>(low + 2 * rowBytes, top + 2 * rowBytes, rowBytes, x), Products<TPart>(low + 3 * rowBytes, top + 3 * rowBytes, rowBytes, x));
            products -= Vector512.Create(input.Halves[unit] * 32);
            Vector512<int> scale = (unit == 0 ? scales << 24 : scales << 16) >> 24;
            sums = WideBlocks.Step(sums, products, *input.Scales, d * Vector512.ConvertToSingle(scale));
        }
        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Products<TPart>(byte* low, byte* top, long rowBytes, Vector512<sbyte> x)
        where TPart : struct, IPart
    {
        Vector512<ushort> nibbles = WideBlocks.Four(low, rowBytes).AsUInt16(), bits = WideBlocks.Four(top, rowBytes).AsUInt16();
        if (TPart.Number >= 2)
            nibbles >>= 4;
        bits = TPart.Number switch { 0 => bits << 4, 1 => bits << 2, 2 => bits, _ => bits >> 2 };
        return WideBlocks.Pairs((nibbles.AsByte() & Vector512.Create((byte)15)) | (bits.AsByte() & Vector512.Create((byte)48)), x);
    }

    private interface IPart
    {
        static abstract int Number { get; }
    }

    private readonly struct Zero : IPart
    {
        public static int Number => 0;
    }

    private readonly struct One : IPart
    {
        public static int Number => 1;
    }

    private readonly struct Two : IPart
    {
        public static int Number => 2;
    }

    private readonly struct Three : IPart
    {
        public static int Number => 3;
    }
}
