namespace Athanor.Data.FastText;

/// <summary>A growing list of rows of the input matrix.</summary>
internal sealed class RowList
{
    private int[] _rows = new int[1 << 10];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Span => _rows.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(int row)
    {
        if (Count == _rows.Length)
            Array.Resize(ref _rows, checked(Count * 2));
        _rows[Count++] = row;
    }

    public void Add(ReadOnlySpan<int> rows)
    {
        if (Count + rows.Length > _rows.Length)
            Array.Resize(ref _rows, Math.Max(checked(_rows.Length * 2), checked(Count + rows.Length)));
        rows.CopyTo(_rows.AsSpan(Count));
        Count += rows.Length;
    }
}
