using Athanor.Training.Objectives;

namespace Athanor.Training.Batches;

/// <summary>How documents become rows.</summary>
public enum RowFilling
{
    /// <summary>
    /// Whole documents side by side, each attending to itself only, its positions restarted: the oldest that waits first, then the longest that still fits (best fit decreasing over
    /// a window; Ding et al. 2024, arXiv 2404.10830). Documents longer than a row are cut into rows.
    /// </summary>
    BestFit,

    /// <summary>One stream of documents cut at the end of each row; tokens see whatever stands before them in the row.</summary>
    Concatenate,
}

/// <summary>Fills batches from a mixture. Every position of every document is used exactly once an epoch. Deterministic; not for several threads.</summary>
public sealed partial class RowPacker
{
    private readonly Mixture _mixture;
    private readonly DocumentFrame _frame;
    private readonly int _window;
    private readonly bool _packed;
    private readonly BatchCursor _cursor;
    private readonly bool _endless;
    private int[] _read = [];

    /// <summary>A packer at the beginning.</summary>
    /// <param name="window">Documents among which best fit chooses.</param>
    /// <param name="endless">False: rows end with the first epoch of the one source.</param>
    /// <param name="examples">Makes examples out of documents, which are then packed by best fit; null for documents as they are.</param>
    public RowPacker(Mixture mixture, DocumentFrame frame, RowFilling filling = RowFilling.BestFit, int window = 256, bool endless = true, ExampleMaker? examples = null)
    {
        ArgumentNullException.ThrowIfNull(mixture);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        if (!endless && mixture.Sources.Count != 1)
            throw new ArgumentException("Only one source can be read to its end.", nameof(endless));
        if (examples is not null && filling != RowFilling.BestFit)
            throw new ArgumentException("Examples have a beginning and an end, so they are packed whole. Take best_fit.", nameof(filling));
        (_mixture, _frame, _endless, _examples) = (mixture, frame, endless, examples);
        _packed = filling == RowFilling.BestFit;
        _window = _packed ? window : 1;
        _cursor = BatchCursor.Start(mixture.Sources.Count);
    }

    /// <summary>The mixture.</summary>
    public Mixture Mixture => _mixture;

    /// <summary>Goes to where a cursor points.</summary>
    public void Restore(BatchCursor cursor)
    {
        _cursor.CopyFrom(cursor);
        _made.Clear();
    }

    /// <summary>A batch for <see cref="Fill"/>.</summary>
    public Batch NewBatch() => new(_mixture.Sources.Count);

    /// <summary>Fills a batch with the next rows.</summary>
    /// <param name="phase">Which weights of the mixture hold; documents that wait already come first.</param>
    /// <returns>Whether there was anything; an endless packer always has.</returns>
    public bool Fill(Batch batch, int rows, int length, int phase = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Mixture.Enter(_cursor, phase);
        batch.Resize(rows, length);
        batch.IsPacked = _packed;
        batch.IsBidirectional = _examples?.IsBidirectional ?? false;
        if (_read.Length < length + 1)
            _read = new int[length + 1];
        bool any = false;
        for (int row = 0; row < rows; row++)
            any |= FillRow(batch, row);
        batch.After.CopyFrom(_cursor);
        return any;
    }

    private bool FillRow(Batch batch, int row)
    {
        int length = batch.Length, filled = 0, at = row * length;
        for (int segment = 0; filled < length; segment++)
        {
            Refill(length);
            int room = length - filled, choice = segment == 0 || !_packed ? 0 : BestFit(room);
            if (choice < 0 || choice >= _cursor.Waiting.Count)
                break;
            Piece piece = _cursor.Waiting[choice];
            if (_examples is not null)
            {
                if (piece.Length > length)
                {
                    Cut(choice, length);
                    segment--;
                    continue;
                }
                _cursor.Waiting.RemoveAt(choice);
                filled += PutExample(batch, row, filled, segment, piece);
                continue;
            }
            int taken = Math.Min(piece.Length, room);
            if (taken == piece.Length)
                _cursor.Waiting.RemoveAt(choice);
            else
                _cursor.Waiting[choice] = piece with { Start = piece.Start + taken, Length = piece.Length - taken };
            Put(batch, at + filled, segment, piece, taken);
            filled += taken;
        }
        batch.Ids[(at + filled)..(at + length)].Clear();
        batch.Positions[(at + filled)..(at + length)].Clear();
        batch.Targets[(at + filled)..(at + length)].Fill(Batch.Ignored);
        batch.Segments[(at + filled)..(at + length)].Fill(-1);
        batch.Prefixes[(at + filled)..(at + length)].Clear();
        batch.FilledPositions += filled;
        return filled > 0;
    }

    private void Put(Batch batch, int at, int segment, in Piece piece, int count)
    {
        Span<int> tokens = _read.AsSpan(0, count + 1);
        _mixture.Sources[piece.Source].Read(piece.Document, piece.Start, tokens, _frame);
        tokens[..count].CopyTo(batch.Ids[at..]);
        tokens[1..].CopyTo(batch.Targets[at..]);
        batch.Segments.Slice(at, count).Fill(segment);
        Span<int> positions = batch.Positions.Slice(at, count);
        for (int i = 0; i < count; i++)
            positions[i] = i;
        batch.TrainedTokens += count;
        batch.SourceTokens[piece.Source] += count;
    }

    private void Refill(int length)
    {
        long empty = 0;
        while (_cursor.Waiting.Count < _window && (_endless || _cursor.Sources[0].Epoch == 0))
        {
            Piece document = _mixture.Next(_cursor, _frame);
            if (document.Length == 0)
            {
                if (++empty > _mixture.Sources[document.Source].Documents)
                    throw new InvalidOperationException($"No document of the source '{_mixture.Sources[document.Source].Name}' has a token to predict. Give documents a frame, or longer texts.");
                continue;
            }
            empty = 0;
            if (_examples is not null)
            {
                AddExamples(document with { Taken = document.Length }, _cursor.Waiting.Count, length);
                continue;
            }
            // In one stream the cut falls where the row ends; packed rows take whole pieces.
            if (!_packed || document.Length <= length)
            {
                _cursor.Waiting.Add(document);
                continue;
            }
            for (int start = 0; start < document.Length; start += length)
                _cursor.Waiting.Add(document with { Start = start, Length = Math.Min(length, document.Length - start) });
        }
    }

    /// <summary>The longest piece within the room, the oldest of several; −1 where none fits.</summary>
    private int BestFit(int room)
    {
        int best = -1, longest = 0;
        for (int i = 0; i < _cursor.Waiting.Count; i++)
        {
            int length = _cursor.Waiting[i].Length;
            if (length > room || length <= longest)
                continue;
            (best, longest) = (i, length);
            if (length == room)
                break;
        }
        return best;
    }
}
