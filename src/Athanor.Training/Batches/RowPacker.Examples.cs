using Athanor.Training.Objectives;

namespace Athanor.Training.Batches;

/// <summary>Rows of examples that an objective makes: what is made is a function of seed, source, epoch, document and place, so that a cursor needs no more than the pieces.</summary>
public sealed partial class RowPacker
{
    private readonly ExampleMaker? _examples;
    private readonly Dictionary<Piece, Example> _made = [];

    private void AddExamples(in Piece document, int place, int length)
    {
        int room = _examples!.Room(length);
        if (room < 1)
            throw new InvalidOperationException($"Rows of {length} tokens have no room for the examples of this objective. Make them longer (sequence_length, length_ramp.start).");
        for (int done = 0; done < document.Taken; done += room)
        {
            Piece piece = document with { Start = document.Start + done, Taken = Math.Min(room, document.Taken - done), Length = 0 };
            Example example = Make(piece);
            piece = piece with { Length = example.Length };
            _made[piece] = example;
            _cursor.Waiting.Insert(place++, piece);
        }
    }

    /// <summary>A piece that was made for longer rows, which a return to a checkpoint during a ramp of lengths leaves behind.</summary>
    private void Cut(int choice, int length)
    {
        Piece piece = _cursor.Waiting[choice];
        _cursor.Waiting.RemoveAt(choice);
        _made.Remove(piece);
        AddExamples(piece, choice, length);
    }

    private int PutExample(Batch batch, int row, int filled, int segment, in Piece piece)
    {
        if (!_made.Remove(piece, out Example? example))
            example = Make(piece);
        int at = row * batch.Length + filled;
        example.Ids.CopyTo(batch.Ids[at..]);
        example.Targets.CopyTo(batch.Targets[at..]);
        batch.Segments.Slice(at, example.Length).Fill(segment);
        // Counted from the beginning of the row, as attention counts keys.
        batch.Prefixes.Slice(at, example.Length).Fill(filled + example.Prefix);
        for (int i = 0; i < example.Length; i++)
        {
            batch.Positions[at + i] = i;
            int trained = example.Targets[i] == Batch.Ignored ? 0 : 1;
            batch.TrainedTokens += trained;
            batch.SourceTokens[piece.Source] += trained;
        }
        return example.Length;
    }

    private Example Make(in Piece piece)
    {
        TokenSource source = _mixture.Sources[piece.Source];
        if (_read.Length < piece.Taken + 1)
            _read = new int[piece.Taken + 1];
        Span<int> tokens = _read.AsSpan(0, piece.Taken + 1);
        source.Read(piece.Document, piece.Start, tokens, _frame);
        bool begins = piece.Start == 0 && tokens[0] == _frame.Begin;
        bool ends = piece.Start + piece.Taken == source.Positions(piece.Document, _frame) && tokens[^1] == _frame.End;
        ulong seed = StepSeed.Of(StepSeed.Of(_mixture.Seed, (ulong)piece.Source, (ulong)piece.Epoch), (ulong)piece.Document, (ulong)piece.Start);
        return _examples!.Make(new PieceText(tokens, begins, ends), seed);
    }
}
