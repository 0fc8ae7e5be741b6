using Athanor.Tokenizers;

namespace Athanor.Training.Stages;

/// <summary>Which rows a model needs for a tokenizer, and how those start that it did not have.</summary>
internal sealed class NewRows
{
    private readonly Tokenizer? _old, _new;
    private readonly TokenBuffer _buffer = new();

    private NewRows(Tokenizer? old, Tokenizer? extended, int known, int count, bool fromPieces) =>
        (_old, _new, Known, Count, FromPieces) = (old, extended, known, count, fromPieces && old is not null);

    /// <summary>Rows of the model that stay.</summary>
    public int Known { get; }

    /// <summary>Rows in all.</summary>
    public int Count { get; }

    /// <summary>Whether rows start from pieces.</summary>
    public bool FromPieces { get; }

    /// <summary>Tokens that the model did not have.</summary>
    public int NewTokens => _new is null ? 0 : Math.Max(0, _new.VocabularySize - Known);

    public bool Unchanged(int rows) => Count == rows && NewTokens == 0;

    /// <summary>What a model of so many rows needs for a tokenizer, which keeps the old ids.</summary>
    /// <exception cref="InvalidDataException">The tokenizer gives old ids to other tokens.</exception>
    public static NewRows Of(string model, int rows, Tokenizer? old, Tokenizer? extended, LoadModelSettings settings)
    {
        if (old is not null && extended is not null)
            Compare(model, old, extended);
        // Rows without a token of the old tokenizer are padding: they hold nothing worth keeping.
        int known = extended is null || old is null || old.VocabularySize >= extended.VocabularySize ? rows : Math.Min(rows, old.VocabularySize);
        int needed = Math.Max(rows, extended?.VocabularySize ?? 0), multiple = settings.VocabularyMultiple;
        return new NewRows(old, extended, known, (needed + multiple - 1) / multiple * multiple, settings.NewTokens == NewTokenStart.Pieces);
    }

    /// <summary>The tokens that spelled a token before; none for special ones and rows without a token.</summary>
    public IReadOnlyList<int> PiecesOf(int row)
    {
        if (!FromPieces || _new is null || !_new.Contains(row) || _new.IsSpecial(row))
            return [];
        _buffer.Clear();
        _old!.Encode(_new.GetTokenBytes(row), _buffer);
        return [.. _buffer.Ids];
    }

    private static void Compare(string model, Tokenizer old, Tokenizer extended)
    {
        for (int id = 0; id < old.VocabularySize; id++)
        {
            if (!old.Contains(id))
                continue;
            string before = old.GetToken(id), now = extended.Contains(id) ? extended.GetToken(id) : "missing";
            if (before != now)
                throw new InvalidDataException($"The tokenizer does not extend that of {model}: id {id} is '{before}' there and '{now}' here. Extend the model's own tokenizer (extend_tokenizer behind load_tokenizer), which keeps its ids.");
        }
    }
}
