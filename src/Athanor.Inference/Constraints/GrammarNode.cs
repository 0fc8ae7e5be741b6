using System.Text;

namespace Athanor.Inference.Constraints;

/// <summary>A part of a grammar, of whatever notation it was written in.</summary>
internal abstract class GrammarNode
{
    public static GrammarNode Empty { get; } = new SequenceNode([]);

    public static GrammarNode Text(string text) => text.Length == 0 ? Empty : new LiteralNode(Encoding.UTF8.GetBytes(text));

    public static GrammarNode Class(params (int From, int To)[] ranges) => new ClassNode(CodePointSet.Of(ranges));

    public static GrammarNode Sequence(params IReadOnlyList<GrammarNode> items) => items.Count == 1 ? items[0] : new SequenceNode(items);

    public static GrammarNode Choice(params IReadOnlyList<GrammarNode> items) =>
        items.Count == 1 ? items[0]
        : items.Count > 3 && items.All(item => item is LiteralNode) ? new TextChoiceNode([.. items.Select(item => ((LiteralNode)item).Bytes)])
        : new ChoiceNode(items);

    public static GrammarNode Optional(GrammarNode body) => new RepeatNode(body, 0, 1);

    /// <summary>So many to so many times; -1 for any number.</summary>
    public static GrammarNode Repeat(GrammarNode body, int min, int max) => (min, max) is (1, 1) ? body : new RepeatNode(body, min, max);
}

/// <summary>Bytes as they are; not empty.</summary>
internal sealed class LiteralNode(byte[] bytes) : GrammarNode
{
    public byte[] Bytes { get; } = bytes;
}

/// <summary>One character of a set that is not empty, as UTF-8.</summary>
internal sealed class ClassNode(CodePointSet set) : GrammarNode
{
    public CodePointSet Set { get; } = set;
}

/// <summary>One part behind the other.</summary>
internal sealed class SequenceNode(IReadOnlyList<GrammarNode> items) : GrammarNode
{
    public IReadOnlyList<GrammarNode> Items { get; } = items;
}

/// <summary>One of several parts.</summary>
internal sealed class ChoiceNode(IReadOnlyList<GrammarNode> items) : GrammarNode
{
    public IReadOnlyList<GrammarNode> Items { get; } = items;
}

/// <summary>One of several texts that share what they begin with: lists of thousands cost no more than their bytes.</summary>
internal sealed class TextChoiceNode(IReadOnlyList<byte[]> texts) : GrammarNode
{
    public IReadOnlyList<byte[]> Texts { get; } = texts;
}

/// <summary>A part several times, -1 for no upper bound.</summary>
internal sealed class RepeatNode(GrammarNode body, int min, int max) : GrammarNode
{
    public GrammarNode Body { get; } = body;

    public int Min { get; } = min;

    public int Max { get; } = max;
}

/// <summary>Another rule of the same grammar.</summary>
internal sealed class RuleNode(int rule) : GrammarNode
{
    public int Rule { get; } = rule;
}

/// <summary>Parts in order with a separator between those that are there, as the properties of an object; then any number of others.</summary>
/// <param name="separator">What stands between two parts.</param>
/// <param name="items">The parts, and whether each must be there.</param>
/// <param name="more">What may follow any number of times; null for nothing.</param>
internal sealed class ListNode(GrammarNode separator, IReadOnlyList<(GrammarNode Item, bool Required)> items, GrammarNode? more) : GrammarNode
{
    public GrammarNode Separator { get; } = separator;

    public IReadOnlyList<(GrammarNode Item, bool Required)> Items { get; } = items;

    public GrammarNode? More { get; } = more;
}

/// <summary>Any bytes in which none of the triggers has come to its end.</summary>
/// <param name="triggers">Texts that end the free text; what has followed the trigger is then what follows.</param>
/// <param name="mayEnd">Whether the free text may stop without a trigger.</param>
internal sealed class FreeTextNode(IReadOnlyList<(byte[] Trigger, GrammarNode Then)> triggers, bool mayEnd) : GrammarNode
{
    public IReadOnlyList<(byte[] Trigger, GrammarNode Then)> Triggers { get; } = triggers;

    public bool MayEnd { get; } = mayEnd;
}
