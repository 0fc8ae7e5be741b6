namespace Athanor.Inference.Constraints;

/// <summary>What tokens may come next in one text: the place in a grammar, a schema, a regular expression. One object belongs to one text and is not thread-safe.</summary>
public interface ITokenConstraint
{
    /// <summary>Whether nothing may follow but the end of the text.</summary>
    bool IsComplete { get; }

    /// <summary>Whether the text may end here.</summary>
    bool MayEnd { get; }

    /// <summary>Writes a bit for each token id: 1 where it may come next. End tokens are allowed where <see cref="MayEnd"/>.</summary>
    /// <param name="allowed">One bit an id, id i at bit i % 32 of word i / 32; as long as the logits, which may be more than the tokenizer has tokens.</param>
    void FillMask(Span<uint> allowed);

    /// <summary>Takes the next token; false, and nothing changes, where it is not allowed.</summary>
    bool TryAccept(int token);

    /// <summary>Takes back the last tokens: speculation tried them and they were refused.</summary>
    void Rollback(int tokens);

    /// <summary>A constraint at the same place that goes on by itself (beams, several answers).</summary>
    ITokenConstraint Fork();
}
