namespace Athanor.Inference.Constraints;

/// <summary>The rules of a grammar. Rules may be spoken of before they are defined.</summary>
internal sealed class GrammarBook
{
    public const int MaxRules = 20_000;

    private readonly List<Entry> _rules = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);

    public int Count => _rules.Count;

    public string NameOf(int rule) => _rules[rule].Name;

    public bool IsShared(int rule) => _rules[rule].Shared;

    public bool IsDefined(int rule) => _rules[rule].Body is not null;

    /// <summary>The rule's body.</summary>
    public GrammarNode this[int rule] => _rules[rule].Body ?? throw new ConstraintException(
        $"the rule '{_rules[rule].Name}' is used but nowhere defined; add a line '{_rules[rule].Name} ::= …'");

    /// <summary>The number of a rule of this name, made where there is none.</summary>
    public int Rule(string name)
    {
        if (!_names.TryGetValue(name, out int rule))
        {
            _names[name] = rule = _rules.Count;
            _rules.Add(new Entry(name));
            if (_rules.Count > MaxRules)
                throw new ConstraintException($"there are more than {MaxRules} rules");
        }
        return rule;
    }

    public bool TryGetRule(string name, out int rule) => _names.TryGetValue(name, out rule);

    /// <summary>Defines a rule; a shared one is kept apart wherever it is used, so that its masks are computed once.</summary>
    public RuleNode Define(string name, GrammarNode body, bool shared = false)
    {
        int rule = Rule(name);
        _rules[rule].Body = WithoutLeftRecursion(rule, body);
        _rules[rule].Shared = shared;
        return new RuleNode(rule);
    }

    // A ::= A x | y is y x*: the only left recursion that people write.
    private static GrammarNode WithoutLeftRecursion(int rule, GrammarNode body)
    {
        if (body is not ChoiceNode choice)
            return body;
        List<GrammarNode> first = [], rest = [];
        foreach (GrammarNode item in choice.Items)
        {
            if (item is SequenceNode { Items: [RuleNode head, _, ..] } recursive && head.Rule == rule)
                rest.Add(GrammarNode.Sequence([.. recursive.Items.Skip(1)]));
            else
                first.Add(item);
        }
        return rest.Count == 0 || first.Count == 0 ? body : GrammarNode.Sequence(GrammarNode.Choice(first), GrammarNode.Repeat(GrammarNode.Choice(rest), 0, -1));
    }

    private sealed class Entry(string name)
    {
        public string Name { get; } = name;

        public GrammarNode? Body { get; set; }

        public bool Shared { get; set; }
    }
}
