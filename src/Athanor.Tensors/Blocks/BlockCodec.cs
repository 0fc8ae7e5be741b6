namespace Athanor.Tensors.Blocks;

/// <summary>Decodes and encodes rows of the block formats; each format's code is a class of its own, chosen here.</summary>
public static class BlockCodec
{
    /// <summary>Writes the numbers of a row.</summary>
    /// <param name="row">Exactly the bytes of <paramref name="values"/>.Length numbers.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the format.</exception>
    public static void DecodeRow(BlockFormat format, ReadOnlySpan<byte> row, Span<float> values)
    {
        Check(format, row.Length, values.Length);
        switch (format)
        {
            case BlockFormat.F32: PlainRows.DecodeF32(row, values); break;
            case BlockFormat.F16: PlainRows.DecodeF16(row, values); break;
            case BlockFormat.BF16: PlainRows.DecodeBF16(row, values); break;
            case BlockFormat.Q8_0: Q8_0Blocks.Decode(row, values); break;
            case BlockFormat.Q4_0: Q4_0Blocks.Decode(row, values); break;
            default: throw new NotSupportedException($"Rows of {format} cannot be read.");
        }
    }

    /// <summary>Rounds numbers to the format.</summary>
    /// <param name="row">Exactly the bytes of <paramref name="values"/>.Length numbers.</param>
    /// <param name="importance">Weights of the squared errors, one for each column, for formats that search for scales; empty for all alike.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the format.</exception>
    /// <exception cref="NotSupportedException">The format is read only.</exception>
    public static void EncodeRow(BlockFormat format, ReadOnlySpan<float> values, Span<byte> row, ReadOnlySpan<float> importance = default)
    {
        Check(format, row.Length, values.Length);
        if (!importance.IsEmpty && importance.Length != values.Length)
            throw new ArgumentException($"A row of {values.Length} numbers came with {importance.Length} weights.", nameof(importance));
        switch (format)
        {
            case BlockFormat.F32: PlainRows.EncodeF32(values, row); break;
            case BlockFormat.F16: PlainRows.EncodeF16(values, row); break;
            case BlockFormat.BF16: PlainRows.EncodeBF16(values, row); break;
            case BlockFormat.Q8_0: Q8_0Blocks.Encode(values, row); break;
            case BlockFormat.Q4_0: Q4_0Blocks.Encode(values, row); break;
            default: throw new NotSupportedException($"Rows of {format} can be read, not written; quantize to Q8_0, Q4_0, Q4_K or Q6_K.");
        }
    }

    private static void Check(BlockFormat format, int bytes, int columns)
    {
        long wanted = format.RowBytes(columns);
        if (bytes != wanted)
            throw new ArgumentException($"A {format} row of {columns} numbers has {wanted} bytes, not {bytes}.");
    }
}
