using System.Collections.Immutable;

namespace Athanor.Inference.Gguf;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Shape">The extents, rows first: the reverse of the file's order.</param>
/// <param name="Offset">Its first byte, from the start of the data section.</param>
/// <param name="Length">Its bytes, without padding.</param>
public sealed record GgufTensor(string Name, GgufTensorType Type, ImmutableArray<long> Shape, long Offset, long Length)
{
    /// <summary>Numbers.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Length of a row: the innermost extent.</summary>
    public long Columns => Shape.IsEmpty ? 1 : Shape[^1];

    /// <inheritdoc/>
    public override string ToString() => $"'{Name}' {Type.Name}[{string.Join(", ", Shape)}]";
}

/// <summary>A value of GGUF metadata, left where it lies in the header.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Element">Of a list, the type of its elements.</param>
/// <param name="Count">Of a list, its elements; else 1.</param>
/// <param name="Start">The first byte of the value, or of the first element.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct GgufValue(GgufValueType Type, GgufValueType Element, int Count, int Start, int Length);
