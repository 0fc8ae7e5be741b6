namespace Athanor.Inference.Constraints;

/// <summary>How rules use each other: which are written into the rules that use them, and how large parts become.</summary>
internal sealed class RuleUse
{
    private const long Huge = 1 << 40;
    private const int SmallStates = 64;

    private readonly GrammarBook _book;
    private readonly Dictionary<int, Facts> _facts = [];

    public RuleUse(GrammarBook book, int start)
    {
        _book = book;
        Visit(start);
    }

    /// <summary>Whether a rule is written where it is used: one that is small, or used once, and neither recursive nor kept apart.</summary>
    public bool Inlines(int rule)
    {
        Facts facts = _facts[rule];
        return !facts.Recursive && !_book.IsShared(rule) && (facts.Uses <= 1 || (facts.Size <= SmallStates && !facts.Wide));
    }

    /// <summary>About how many states a part takes where it is written out.</summary>
    public long Size(GrammarNode node) => Measure(node).Size;

    // Rules deepest first, without recursion on the machine's stack: grammars may chain thousands of rules.
    private void Visit(int start)
    {
        var stack = new Stack<(int Rule, bool Leaving)>([(start, false)]);
        HashSet<int> open = [];
        while (stack.TryPop(out (int Rule, bool Leaving) step))
        {
            if (step.Leaving)
            {
                open.Remove(step.Rule);
                (_facts[step.Rule].Size, _facts[step.Rule].Wide) = Measure(_book[step.Rule]);
                continue;
            }
            if (_facts.TryGetValue(step.Rule, out Facts? known))
            {
                known.Uses++;
                known.Recursive |= open.Contains(step.Rule);
                continue;
            }
            _facts[step.Rule] = new Facts { Uses = 1 };
            open.Add(step.Rule);
            stack.Push((step.Rule, true));
            foreach (int used in UsedBy(_book[step.Rule]))
                stack.Push((used, false));
        }
    }

    // Wide parts admit endless free text: written out once for each use they would each want masks of their own.
    private (long Size, bool Wide) Measure(GrammarNode node)
    {
        switch (node)
        {
            case LiteralNode literal:
                return (literal.Bytes.Length, false);
            case ClassNode characters:
                return (1 + (characters.Set.Ranges is [.., (_, > 0x7F)] ? 2L + characters.Set.Ranges.Length / 4 : 0), false);
            case TextChoiceNode texts:
                return (texts.Texts.Sum(text => (long)text.Length), false);
            case RepeatNode repeat:
                (long size, bool wide) = Measure(repeat.Body);
                return (Math.Min(Huge, size * Math.Max(1, repeat.Max < 0 ? repeat.Min : repeat.Max)), wide || (repeat.Max is < 0 or > 16 && repeat.Body is not RuleNode && size > 2));
            case RuleNode rule:
                if (!_facts.TryGetValue(rule.Rule, out Facts? facts) || !Inlines(rule.Rule))
                    return (1, false);
                return (facts.Size, facts.Wide);
            case FreeTextNode free:
                return (free.Triggers.Sum(trigger => trigger.Trigger.Length + Measure(trigger.Then).Size), true);
            default:
                (long, bool) sum = (0, false);
                foreach (GrammarNode child in Children(node))
                {
                    (long part, bool partWide) = Measure(child);
                    sum = (Math.Min(Huge, sum.Item1 + 1 + part), sum.Item2 || partWide);
                }
                return sum;
        }
    }

    private static IEnumerable<int> UsedBy(GrammarNode body)
    {
        var nodes = new Stack<GrammarNode>([body]);
        while (nodes.TryPop(out GrammarNode? node))
        {
            if (node is RuleNode rule)
                yield return rule.Rule;
            foreach (GrammarNode child in Children(node))
                nodes.Push(child);
        }
    }

    private static IEnumerable<GrammarNode> Children(GrammarNode node) => node switch
    {
        SequenceNode sequence => sequence.Items,
        ChoiceNode choice => choice.Items,
        RepeatNode repeat => [repeat.Body],
        ListNode list => [list.Separator, .. list.Items.Select(item => item.Item), .. list.More is { } more ? new[] { more } : []],
        FreeTextNode free => free.Triggers.Select(trigger => trigger.Then),
        _ => [],
    };

    private sealed class Facts
    {
        public int Uses { get; set; }

        public bool Recursive { get; set; }

        public long Size { get; set; } = Huge;

        public bool Wide { get; set; }
    }
}
