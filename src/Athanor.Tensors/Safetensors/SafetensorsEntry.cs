using System.Collections.Immutable;

namespace Athanor.Tensors.Safetensors;

/// <summary>One tensor of a file: what it is and where its bytes are.</summary>
/// <param name="Name">The dotted path in the model.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar. The elements lie in row-major order.</param>
/// <param name="Begin">First byte, counted from the start of the data section.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafetensorsEntry(string Name, SafetensorsType Type, ImmutableArray<long> Shape, long Begin, long End)
{
    /// <summary>Bytes in the file.</summary>
    public long Length => End - Begin;

    /// <summary>Number of elements.</summary>
    public long Count
    {
        get
        {
            long count = 1;
            foreach (long extent in Shape)
                count *= extent;
            return count;
        }
    }

    /// <summary>name: F32[4, 8].</summary>
    public override string ToString() => $"{Name}: {Type}[{string.Join(", ", Shape)}]";
}
