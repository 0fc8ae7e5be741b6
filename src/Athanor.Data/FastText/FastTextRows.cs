namespace Athanor.Data.FastText;

/// <summary>A matrix of a classifier, a vector a row. Can be asked by several threads.</summary>
internal abstract class FastTextRows(int count, int columns)
{
    public int Count => count;

    public int Columns => columns;

    /// <summary>Bytes of memory.</summary>
    public abstract long Bytes { get; }

    /// <summary>The mean of rows.</summary>
    public abstract void Average(ReadOnlySpan<int> rows, Span<float> mean);

    /// <summary>The product of a row with a vector.</summary>
    public abstract float Dot(int row, ReadOnlySpan<float> vector);
}
