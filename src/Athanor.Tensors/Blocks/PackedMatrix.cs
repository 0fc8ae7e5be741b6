using System.Runtime.InteropServices;

namespace Athanor.Tensors.Blocks;

/// <summary>Rows of a packed matrix that share a format.</summary>
/// <param name="Format">How each row lies.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Address">The first row; the others follow without gaps.</param>
public readonly record struct PackedPart(BlockFormat Format, int Rows, nint Address);

/// <summary>
/// A read-only matrix W [rows, columns] for x·Wᵀ, made of parts of rows, each in a format of its own: the query, key and value matrices of a
/// GGUF file are one matrix here and stay where the file is mapped.
/// </summary>
public sealed unsafe class PackedMatrix
{
    private readonly PackedPart[] _parts;
    private readonly object? _owner;

    /// <summary>A matrix over memory of others.</summary>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="columns">Length of a row: a whole number of blocks of every part.</param>
    /// <param name="parts">The rows in order.</param>
    /// <param name="owner">Kept alive as long as the matrix: the mapped file.</param>
    /// <exception cref="ArgumentException">Columns are not whole blocks, a part is empty or has no memory.</exception>
    public PackedMatrix(string name, int columns, IReadOnlyList<PackedPart> parts, object? owner)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0 || columns <= 0)
            throw new ArgumentException($"The packed matrix {name} has {parts.Count} parts of {columns} columns; it needs at least one of each.");
        long rows = 0;
        foreach (PackedPart part in parts)
        {
            if (part.Rows <= 0 || part.Address == 0)
                throw new ArgumentException($"A part of the packed matrix {name} has {part.Rows} rows at {part.Address:x}; it needs rows and memory.");
            _ = part.Format.RowBytes(columns);
            rows += part.Rows;
        }
        Name = name;
        Columns = columns;
        Rows = checked((int)rows);
        _parts = [.. parts];
        _owner = owner;
    }

    /// <summary>What it is.</summary>
    public string Name { get; }

    /// <summary>Outputs of the product.</summary>
    public int Rows { get; }

    /// <summary>Inputs of the product.</summary>
    public int Columns { get; }

    /// <summary>The rows' formats and places, in order.</summary>
    public IReadOnlyList<PackedPart> Parts => _parts;

    /// <summary>Bytes of all rows: what one pass over the matrix reads.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (PackedPart part in _parts)
                bytes += part.Rows * part.Format.RowBytes(Columns);
            return bytes;
        }
    }

    internal ReadOnlySpan<PackedPart> Span => _parts;

    /// <summary>Writes the numbers of one row.</summary>
    public void DecodeRow(int row, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int first = row;
        foreach (PackedPart part in _parts)
        {
            if (first >= part.Rows)
            {
                first -= part.Rows;
                continue;
            }
            long bytes = part.Format.RowBytes(Columns);
            BlockCodec.DecodeRow(part.Format, new ReadOnlySpan<byte>((byte*)part.Address + first * bytes, (int)bytes), values);
            break;
        }
        GC.KeepAlive(_owner);
    }

    /// <summary>A matrix in memory of its own, rounded to a format.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="format">The format of all rows.</param>
    /// <param name="columns">Length of a row.</param>
    /// <param name="values">The numbers, row by row.</param>
    public static PackedMatrix Encode(string name, BlockFormat format, int columns, ReadOnlySpan<float> values)
    {
        if (columns <= 0 || values.Length % columns != 0)
            throw new ArgumentException($"{values.Length} numbers are not whole rows of {columns} for the packed matrix {name}.");
        int rows = values.Length / columns;
        long rowBytes = format.RowBytes(columns);
        var memory = new Memory(rows * rowBytes);
        for (int row = 0; row < rows; row++)
            BlockCodec.EncodeRow(format, values.Slice(row * columns, columns), new Span<byte>(memory.Pointer + row * rowBytes, (int)rowBytes));
        return new PackedMatrix(name, columns, [new PackedPart(format, rows, (nint)memory.Pointer)], memory);
    }

    /// <summary>The rows of several matrices, one after another, in place.</summary>
    public static PackedMatrix Stack(string name, params ReadOnlySpan<PackedMatrix> matrices)
    {
        if (matrices.IsEmpty)
            throw new ArgumentException($"The packed matrix {name} is stacked of nothing.");
        var parts = new List<PackedPart>();
        foreach (PackedMatrix matrix in matrices)
        {
            if (matrix.Columns != matrices[0].Columns)
                throw new ArgumentException($"{matrix} and {matrices[0]} have rows of different length and cannot be stacked to {name}.");
            parts.AddRange(matrix._parts);
        }
        return new PackedMatrix(name, matrices[0].Columns, parts, matrices.ToArray());
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {string.Join('+', _parts.Select(part => part.Format).Distinct())}[{Rows}, {Columns}]";

    private sealed class Memory(long bytes)
    {
        public readonly byte* Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);

        ~Memory() => NativeMemory.AlignedFree(Pointer);
    }
}
