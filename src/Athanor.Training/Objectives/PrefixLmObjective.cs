using Athanor.Tokenizers;

namespace Athanor.Training.Objectives;

/// <summary>
/// A document is cut at a random place: the part before is read, in both directions, the part behind is predicted token by token (Liu et al. 2018, arXiv 1801.10198; T5, arXiv 1910.10683, section 3.2.1).
/// Of n + 1 framed tokens the first p, uniform in 1 … n, are the prefix; at p = 1 it is plain causal modelling, so such models are read causally when they are measured and sampled.
/// </summary>
public sealed record PrefixLmObjective : TrainingObjective
{
    /// <summary>Whether tokens of the prefix see those behind them; without, only the loss differs from causal modelling.</summary>
    public bool Bidirectional { get; init; } = true;

    /// <inheritdoc/>
    public override ExampleMaker Bind(Tokenizer tokenizer) => new Maker(Bidirectional);

    private sealed class Maker(bool bidirectional) : ExampleMaker
    {
        public override bool IsBidirectional => bidirectional;

        public override int Room(int length) => length;

        public override Example Make(in PieceText piece, ulong seed)
        {
            int prefix = 1 + new ExampleRandom(seed).Next(piece.Tokens.Length - 1);
            return Example.Of(piece.Tokens, prefix, bidirectional ? prefix : 0);
        }
    }
}
