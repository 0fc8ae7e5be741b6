using Athanor.Inference.Sampling;
using Athanor.Tensors;

namespace Athanor.Inference.Speculation;

/// <summary>
/// Guesses how one text goes on, so that the model computes several places in one pass. Guesses decide only how fast it goes: at each place the text's own sampler draws from the
/// model's logits, whose numbers depend on seed and place alone, and the walk goes on as long as what is drawn was guessed. So texts are the same with and without.
/// Called by one thread at a time.
/// </summary>
public interface ISpeculator : IDisposable
{
    /// <summary>Whether it reads <see cref="SpeculationPlace.Hidden"/>.</summary>
    bool ReadsHidden { get; }

    /// <summary>Guesses what follows; adds nothing where it has no guess.</summary>
    /// <param name="place">Where the text stands. Called behind each draw, within the step's scope.</param>
    /// <param name="guesses">Empty; takes up to <paramref name="most"/> tokens below one another.</param>
    /// <param name="most">How deep guesses may go; at least 1.</param>
    void Propose(in SpeculationPlace place, DraftTree guesses, int most);
}

/// <summary>Makes what guesses one text.</summary>
/// <param name="capacity">Most tokens that the text will have, prompt included.</param>
public delegate ISpeculator SpeculatorFactory(int capacity);

/// <summary>Where a text stands when its next tokens are guessed.</summary>
public readonly ref struct SpeculationPlace
{
    /// <summary>The prompt and all that was drawn, the last token not yet computed.</summary>
    public required ReadOnlySpan<int> Tokens { get; init; }

    /// <summary>What draws the text: <see cref="TokenSampler.Draw"/> with 0, 1, … places ahead guesses with the numbers that will decide.</summary>
    public required TokenSampler Sampler { get; init; }

    /// <summary>The hidden state [1, 1, D] behind the last norm from whose logits the last token was drawn, in the open step's scope.</summary>
    public Tensor Hidden { get; init; }

    /// <summary>Ids from here on are never drawn: the model has more rows than its tokenizer tokens.</summary>
    public int Vocabulary { get; init; }
}
