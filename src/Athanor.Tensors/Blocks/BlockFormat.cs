namespace Athanor.Tensors.Blocks;

/// <summary>
/// How the numbers of a matrix row lie in memory: plain types, and ggml's blocks of quantized numbers (ggml-common.h), little-endian.
/// Names are ggml's.
/// </summary>
public enum BlockFormat : byte
{
    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of an fp32.</summary>
    BF16,

    /// <summary>32 signed bytes behind an fp16 scale: 8.5 bits a number.</summary>
    Q8_0,

    /// <summary>32 nibbles behind an fp16 scale, value d·(q − 8): 4.5 bits.</summary>
    Q4_0,

    /// <summary>256 nibbles, eight 6-bit scales and minima under two fp16: 4.5 bits.</summary>
    Q4_K,

    /// <summary>256 numbers of 6 bits, sixteen signed scales under one fp16: 6.5625 bits.</summary>
    Q6_K,

    /// <summary>32 nibbles behind an fp16 scale and minimum: 5 bits.</summary>
    Q4_1,

    /// <summary>32 numbers of 5 bits behind an fp16 scale, value d·(q − 16): 5.5 bits.</summary>
    Q5_0,

    /// <summary>32 numbers of 5 bits behind an fp16 scale and minimum: 6 bits.</summary>
    Q5_1,

    /// <summary>256 numbers of 5 bits, scales and minima as in <see cref="Q4_K"/>: 5.5 bits.</summary>
    Q5_K,

    /// <summary>256 numbers of 2 bits, sixteen 4-bit scales and minima under two fp16: 2.625 bits.</summary>
    Q2_K,

    /// <summary>256 numbers of 3 bits, sixteen 6-bit scales under one fp16: 3.4375 bits.</summary>
    Q3_K,
}

/// <summary>Sizes of the formats.</summary>
public static class BlockFormats
{
    /// <summary>Numbers in a block; 1 for plain types.</summary>
    public static int BlockLength(this BlockFormat format) => format switch
    {
        BlockFormat.F32 or BlockFormat.F16 or BlockFormat.BF16 => 1,
        BlockFormat.Q8_0 or BlockFormat.Q4_0 or BlockFormat.Q4_1 or BlockFormat.Q5_0 or BlockFormat.Q5_1 => 32,
        BlockFormat.Q4_K or BlockFormat.Q6_K or BlockFormat.Q5_K or BlockFormat.Q2_K or BlockFormat.Q3_K => 256,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "An unknown block format."),
    };

    /// <summary>Bytes of a block.</summary>
    public static int BlockBytes(this BlockFormat format) => format switch
    {
        BlockFormat.F32 => 4,
        BlockFormat.F16 or BlockFormat.BF16 => 2,
        BlockFormat.Q8_0 => 34,
        BlockFormat.Q4_0 => 18,
        BlockFormat.Q4_1 => 20,
        BlockFormat.Q5_0 => 22,
        BlockFormat.Q5_1 => 24,
        BlockFormat.Q4_K => 144,
        BlockFormat.Q5_K => 176,
        BlockFormat.Q6_K => 210,
        BlockFormat.Q2_K => 84,
        BlockFormat.Q3_K => 110,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "An unknown block format."),
    };

    /// <summary>Bytes of a row.</summary>
    /// <exception cref="ArgumentException">The row is not a whole number of blocks.</exception>
    public static long RowBytes(this BlockFormat format, int columns)
    {
        int length = format.BlockLength();
        if (columns < 0 || columns % length != 0)
            throw new ArgumentException($"A row of {columns} numbers is not a whole number of {format} blocks, which hold {length}; use a format with smaller blocks (Q8_0, F16).");
        return (long)(columns / length) * format.BlockBytes();
    }
}
