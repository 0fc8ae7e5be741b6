using Athanor.Inference.Cache;
using Athanor.Inference.Speculation;
using Athanor.Models.Adaptation;

namespace Athanor.Inference.Scheduling;

/// <summary>A text that the engine computes. It has tokens, of which the first are in the cache; the rest must catch up: a prompt, a token just drawn, tokens that were taken from the cache.</summary>
internal sealed class Sequence
{
    /// <summary>A text that begins with these tokens.</summary>
    /// <param name="order">Lower goes first.</param>
    /// <param name="slots">Texts it will become: candidates part when the prompt is read.</param>
    public Sequence(IEnumerable<int> tokens, BlockTable blocks, long order, int slots = 1)
    {
        Tokens = [.. tokens];
        (Blocks, Order, Slots, PromptLength) = (blocks, order, slots, Tokens.Count);
    }

    /// <summary>All tokens.</summary>
    public List<int> Tokens { get; }

    /// <summary>So many of them are in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>So many are not.</summary>
    public int Pending => Tokens.Count - Computed;

    /// <summary>Tokens proposed behind the last one, which are computed with it and kept only where they are what is drawn; they count to <see cref="Tokens"/>.</summary>
    public int Drafted { get; set; }

    /// <summary>How the proposed tokens hang together, where they are no chain.</summary>
    public DraftTree? Tree { get; set; }

    /// <summary>Of the tree's keys and values the first row in the cache's room for trees.</summary>
    public int TreeRow { get; set; }

    /// <summary>Nothing is wanted of it for now: it waits for others of its request, and may give its blocks up without being computed again until it goes on.</summary>
    public bool Parked { get; set; }

    /// <summary>Takes proposed tokens out again.</summary>
    public void DropDrafts()
    {
        Tokens.RemoveRange(Tokens.Count - Drafted, Drafted);
        (Drafted, Tree) = (0, null);
    }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptLength { get; }

    /// <summary>Where keys and values lie.</summary>
    public BlockTable Blocks { get; }

    /// <summary>Lower goes first.</summary>
    public long Order { get; }

    /// <summary>Texts it counts for.</summary>
    public int Slots { get; set; }

    /// <summary>Whether known prefixes may be taken instead of being computed: not where something is wanted of every token.</summary>
    public bool MayTakeKnown { get; init; } = true;

    /// <summary>Tokens of the prompt that were found in the cache when it was first begun.</summary>
    public int? Known { get; set; }

    /// <summary>What its passes must have in common with others'.</summary>
    public PassKind Kind { get; init; }

    /// <summary>Whose it is.</summary>
    public object? Owner { get; init; }

    /// <summary>Another text with the same beginning, which shares what is computed of it.</summary>
    public Sequence Fork() => new(Tokens, Blocks.Fork(Computed), Order)
    {
        Computed = Computed,
        Known = Known,
        MayTakeKnown = MayTakeKnown,
        Kind = Kind,
        Owner = Owner,
    };
}

/// <summary>What all texts of a pass have in common; others are computed apart.</summary>
/// <param name="RotaryLength">The length for which dynamic rotary scaling is chosen; 0 where it bends nothing.</param>
/// <param name="Adapter">The change of the model; null for the model itself.</param>
internal readonly record struct PassKind(int RotaryLength, LoraAdapter? Adapter);

/// <summary>Tokens of a text that are computed in a step.</summary>
internal readonly record struct ScheduledSpan(Sequence Sequence, int Count);
