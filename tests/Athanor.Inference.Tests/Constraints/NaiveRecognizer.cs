using Athanor.Inference.Constraints;

namespace Athanor.Inference.Tests.Constraints;

/// <summary>Decides whether a grammar matches a text as the definition says: by the least sets of places where each part can end, found by going round until nothing is new.</summary>
internal sealed class NaiveRecognizer(GrammarBook book, byte[] text)
{
    private readonly Dictionary<(int Rule, int From), HashSet<int>> _known = [];
    private bool _changed;

    public bool Matches(int rule)
    {
        do
        {
            _changed = false;
            Ends(new RuleNode(rule), 0, []);
        }
        while (_changed);
        return _known[(rule, 0)].Contains(text.Length);
    }

    private HashSet<int> Ends(GrammarNode node, int from, HashSet<(int, int)> open)
    {
        switch (node)
        {
            case LiteralNode literal:
                return text.AsSpan(from).StartsWith(literal.Bytes) ? [from + literal.Bytes.Length] : [];
            case TextChoiceNode texts:
                return [.. texts.Texts.Where(item => text.AsSpan(from).StartsWith(item)).Select(item => from + item.Length)];
            case ClassNode characters:   // these tests write ASCII
                return from < text.Length && characters.Set.Contains(text[from]) ? [from + 1] : [];
            case ChoiceNode choice:
                return [.. choice.Items.SelectMany(item => Ends(item, from, open))];
            case SequenceNode sequence:
                return sequence.Items.Aggregate(new HashSet<int> { from }, (ends, item) => [.. ends.SelectMany(end => Ends(item, end, open))]);
            case RepeatNode repeat:
                HashSet<int> now = [from], all = repeat.Min == 0 ? [from] : [];
                for (int count = 1; (repeat.Max < 0 || count <= repeat.Max) && count <= text.Length + repeat.Min + 1; count++)
                {
                    now = [.. now.SelectMany(end => Ends(repeat.Body, end, open))];
                    if (count >= repeat.Min)
                        all.UnionWith(now);
                }
                return all;
            case RuleNode rule:
                if (!_known.TryGetValue((rule.Rule, from), out HashSet<int>? known))
                    _known[(rule.Rule, from)] = known = [];
                if (open.Add((rule.Rule, from)))
                {
                    foreach (int end in Ends(book[rule.Rule], from, open))
                        _changed |= known.Add(end);
                }
                return [.. known];
            default:
                throw new NotSupportedException(node.GetType().Name);
        }
    }
}
