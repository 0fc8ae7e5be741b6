namespace Athanor.Tokenizers.Training;

/// <summary>
/// Gathers documents into blocks of equal work. A document that does not fit is cut at a safe place; one without any (megabytes without a space)
/// makes its block grow up to <see cref="LargestBatch"/> and is cut there between two characters.
/// </summary>
internal sealed class DocumentBatcher(CutPlaces places)
{
    public const int BatchSize = 1 << 20;
    public const int LargestBatch = 1 << 26;

    private readonly Stack<DocumentBatch> _free = new();
    private DocumentBatch _batch = new();
    private int _searched;

    /// <summary>Takes as much of <paramref name="rest"/> as fits and hands out a block when one is full.</summary>
    public DocumentBatch? Add(ref ReadOnlyMemory<byte> rest)
    {
        int count = Math.Min(rest.Length, _batch.Room);
        _batch.Append(rest.Span[..count]);
        rest = rest[count..];
        return rest.IsEmpty ? null : Emit();
    }

    /// <summary>Ends the document.</summary>
    public void EndDocument()
    {
        _batch.Close(_batch.Length);
        _batch.Documents++;
        _searched = _batch.Length;
    }

    /// <summary>The last block, or null when nothing is left.</summary>
    public DocumentBatch? Finish()
    {
        _batch.Close(_batch.Length);
        return _batch.Parts == 0 && _batch.Documents == 0 ? null : _batch;
    }

    /// <summary>Gives a block back for further use.</summary>
    public void Return(DocumentBatch batch)
    {
        if (batch.Bytes.Length != BatchSize)
            return;   // a grown one would keep its memory for ever
        batch.Clear();
        lock (_free)
            _free.Push(batch);
    }

    private DocumentBatch? Emit()
    {
        int open = _batch.OpenStart;
        ReadOnlySpan<byte> text = _batch.Bytes.AsSpan(open, _batch.Length - open);
        int cut = SafeCut.FindLast(text, Math.Max(0, _searched - open - 4), places);
        if (cut < 0 && open == 0)
        {
            if (_batch.Bytes.Length < LargestBatch)
            {
                _searched = _batch.Length;
                _batch.Grow(2 * _batch.Bytes.Length);
                return null;
            }
            cut = SafeCut.FindCharacter(text, 0);
        }
        if (cut > 0)
            _batch.Close(open + cut);
        DocumentBatch full = _batch;
        lock (_free)
            _batch = _free.TryPop(out DocumentBatch? free) ? free : new DocumentBatch();
        full.MoveOpenTo(_batch);
        _searched = 0;
        return full;
    }
}
