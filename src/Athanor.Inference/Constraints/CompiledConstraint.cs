using Athanor.Tokenizers;

namespace Athanor.Inference.Constraints;

/// <summary>A constraint made ready for a tokenizer. Safe for many threads; texts under it share what it has learned about tokens, so keep it for as long as requests ask for it.</summary>
public sealed class CompiledConstraint
{
    internal CompiledConstraint(GrammarBook book, int start, Tokenizer tokenizer, ConstraintOptions options)
    {
        Automaton automaton = AutomatonBuilder.Build(book, start, options.MaxStates);
        Trie = TokenTrie.Of(tokenizer, options.TextTokens);
        EndTokens = options.EndTokens is { } given ? [.. given] : tokenizer.EosId is { } end ? [end] : [];
        foreach (int token in EndTokens)
        {
            if (token < 0)
                throw new ArgumentOutOfRangeException(nameof(options), token, "An end token is negative.");
        }
        StateCount = automaton.StateCount;
        Machine = new Machine(automaton, options.MaxCacheBytes);
        if (Machine.Start is { IsDead: true })
            throw new ConstraintException("so many alternatives can begin the text that they cannot be followed; put what they have in common in front of them");
        Masks = new PositionMasks(Machine, Trie);
    }

    /// <summary>States of the automaton.</summary>
    public int StateCount { get; }

    internal int[] EndTokens { get; }

    internal Machine Machine { get; }

    internal TokenTrie Trie { get; }

    internal PositionMasks Masks { get; }

    /// <summary>A constraint for one text, at its beginning.</summary>
    public ITokenConstraint Start() => new GrammarConstraint(this);

    /// <summary>Whether the whole text is one that the constraint allows.</summary>
    public bool Matches(ReadOnlySpan<byte> utf8)
    {
        Position position = Machine.Start;
        foreach (byte value in utf8)
            position = Machine.Step(position, value);
        return position.MayEnd;
    }
}
