using System.Globalization;
using System.Text;

namespace Athanor.Inference.Constraints;

/// <summary>
/// Reads regular expressions of the subset that .NET, ECMAScript, Python and RE2 share and that a finite automaton can follow. Anchors are implied for
/// the whole text; ^ and $ may stand where they say nothing new. Classes \d, \w and \s are ASCII, as in ECMAScript and RE2; \p{…} is Unicode's.
/// </summary>
internal sealed class RegexParser
{
    public const int MaxCount = 1_000_000;
    private const int MaxNesting = 100;
    private const int MaxLength = 100_000;

    private readonly string _text;
    private int _at;
    private int _nesting;
    private bool _ignoreCase, _dotAll;

    private RegexParser(string text) => _text = text;

    /// <summary>The expression's grammar.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="place">Where it stands, for errors.</param>
    /// <param name="searches">Whether, as in JSON Schema, a match anywhere in the text is enough unless ^ and $ say otherwise.</param>
    /// <param name="around">What may stand before and behind a match that is searched.</param>
    public static GrammarNode Parse(string pattern, string place, bool searches = false, GrammarNode? around = null)
    {
        if (pattern.Length > MaxLength)
            throw new ConstraintException($"the expression has {pattern.Length} characters; at most {MaxLength} are read", place);
        var parser = new RegexParser(pattern);
        try
        {
            GrammarNode node = parser.ParseAlternatives(searches ? around ?? GrammarNode.Repeat(new ClassNode(CodePointSet.Any), 0, -1) : null);
            return parser._at == pattern.Length ? node : throw parser.Error(parser._at, "there is a ')' without '('");
        }
        catch (ConstraintException e) when (place.Length > 0)
        {
            throw new ConstraintException(e.Message, place);
        }
    }

    // Only at the top level do anchors say something; "around" is what they switch off.
    private GrammarNode ParseAlternatives(GrammarNode? around)
    {
        if (++_nesting > MaxNesting)
            throw Error(_at, $"groups are nested more than {MaxNesting} deep");
        bool top = _nesting == 1, ignoreCase = _ignoreCase, dotAll = _dotAll;
        List<GrammarNode> items = [];
        do
        {
            List<GrammarNode> sequence = [];
            bool begins = top && TryTake("^"), ends = false;
            while (_at < _text.Length && _text[_at] is not ('|' or ')'))
            {
                if (top && _text[_at] == '$' && (_at + 1 == _text.Length || _text[_at + 1] == '|'))
                {
                    _at++;
                    ends = true;
                    break;
                }
                sequence.Add(ParseRepeats(ParseAtom()));
            }
            if (around is not null)
                items.Add(GrammarNode.Sequence([.. begins ? [] : new[] { around }, .. sequence, .. ends ? [] : new[] { around }]));
            else
                items.Add(GrammarNode.Sequence(sequence));
        }
        while (TryTake("|"));
        _nesting--;
        (_ignoreCase, _dotAll) = (ignoreCase, dotAll);
        return GrammarNode.Choice(items);
    }

    private GrammarNode ParseRepeats(GrammarNode atom)
    {
        bool repeated = false;
        while (_at < _text.Length)
        {
            int begin = _at;
            (int min, int max) = _text[_at] switch { '*' => (0, -1), '+' => (1, -1), '?' => (0, 1), _ => (-1, 0) };
            if (min >= 0)
                _at++;
            else if (_text[_at] != '{' || !TryParseCount(out min, out max))
                break;
            if (repeated)
                throw Error(begin, "a repeat of a repeat; put the first one in parentheses");
            repeated = true;
            // Whether a repeat takes as much or as little as it can does not change which texts match.
            if (!TryTake("?") && _at < _text.Length && _text[_at] == '+')
                throw Error(_at, "possessive repeats are not supported; leave the second '+' out");
            atom = Repeat(atom, min, max);
        }
        return atom;
    }

    // (x{a,b}){c,d} is one count where the products leave no gap: nested counts would be followed apart.
    private static GrammarNode Repeat(GrammarNode body, int min, int max)
    {
        if (body is RepeatNode { Max: > 0 } inner && max > 0 && inner.Min < inner.Max && min > 0
            && (inner.Min <= 1 || (long)inner.Max * min + 1 >= (long)inner.Min * (min + 1)) && (long)inner.Max * max <= MaxCount)
        {
            return GrammarNode.Repeat(inner.Body, inner.Min * min, inner.Max * max);
        }
        return GrammarNode.Repeat(body, min, max);
    }

    private bool TryParseCount(out int min, out int max)
    {
        (min, max) = (0, -1);
        int begin = _at, end = _text.IndexOf('}', _at);
        if (end < 0)
            return false;
        string[] parts = _text[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || parts[0].Length == 0 || parts.Any(part => part.Any(c => !char.IsAsciiDigit(c))))
            return false;
        _at = end + 1;
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out min)
            || (parts.Length == 2 && parts[1].Length > 0 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out max))
            || min > MaxCount || max > MaxCount)
        {
            throw Error(begin, $"counts go up to {MaxCount}");
        }
        if (parts.Length == 1)
            max = min;
        return max < 0 || max >= min ? true : throw Error(begin, $"the count's upper bound {max} is below its lower one {min}");
    }

    private GrammarNode ParseAtom()
    {
        int begin = _at;
        switch (_text[_at])
        {
            case '(':
                return ParseGroup();
            case '[':
                return new ClassNode(Folded(RegexClass.Parse(_text, ref _at, Error)));
            case '.':
                _at++;
                return new ClassNode(_dotAll ? CodePointSet.Any : CodePointSet.Of('\n').Complement());
            case '^' or '$':
                throw Error(begin, $"the anchor '{_text[begin]}' stands within the expression; the whole text is matched, so leave it out");
            case '*' or '+' or '?':
                throw Error(begin, $"'{_text[begin]}' repeats nothing; escape it to mean the character");
            case '\\':
                return ParseEscape();
        }
        if (!Rune.TryGetRuneAt(_text, _at, out Rune rune))
            throw Error(_at, "half of a surrogate pair is no character");
        _at += rune.Utf16SequenceLength;
        return Character(rune.Value);
    }

    private GrammarNode ParseGroup()
    {
        int begin = _at++;
        bool ignoreCase = _ignoreCase, dotAll = _dotAll;
        if (TryTake("?"))
        {
            if (TryTake("=") || TryTake("!"))
                throw Error(begin, $"look-ahead {_text[begin..(begin + 3)]}…) cannot be followed by a finite automaton; write the alternatives out");
            if (TryTake("<=") || TryTake("<!"))
                throw Error(begin, $"look-behind {_text[begin..(begin + 4)]}…) cannot be followed by a finite automaton; write the alternatives out");
            if (TryTake(">"))
                throw Error(begin, "atomic groups (?>…) are not supported; write (?:…)");
            if (TryTake("("))
                throw Error(begin, "conditional groups (?(…)…) are not supported");
            if (TryTake("P<") || TryTake("<") || TryTake("'"))
            {
                int end = _text.IndexOfAny(['>', '\''], _at);
                _at = end < 0 ? throw Error(begin, "the group's name has no end") : end + 1;
            }
            else if (!TryTake(":"))
            {
                bool on = true;
                while (_at < _text.Length && _text[_at] is not (':' or ')'))
                {
                    char flag = _text[_at++];
                    if (flag == '-')
                        on = false;
                    else if (flag == 'i')
                        _ignoreCase = on;
                    else if (flag == 's')
                        _dotAll = on;
                    else if (flag is not ('m' or 'n' or 'u'))
                        throw Error(begin, $"the option '{flag}' is not supported; known are i, s, m, n, u");
                }
                if (TryTake(")"))
                    return GrammarNode.Empty;   // holds to the end of the group it stands in
                _at++;
            }
        }
        if (_at > _text.Length)
            throw Error(begin, "there is no ')' for this '('");
        GrammarNode group = ParseAlternatives(null);
        (_ignoreCase, _dotAll) = (ignoreCase, dotAll);
        return TryTake(")") ? group : throw Error(begin, "there is no ')' for this '('");
    }

    private ClassNode ParseEscape()
    {
        int begin = _at;
        char escape = _at + 1 < _text.Length ? _text[_at + 1] : throw Error(begin, "a backslash ends the expression");
        switch (escape)
        {
            case >= '1' and <= '9' or 'k':
                throw Error(begin, $"the back-reference \\{escape} cannot be followed by a finite automaton; write the alternatives out");
            case 'b' or 'B' or 'A' or 'z' or 'Z' or 'G':
                throw Error(begin, $"the anchor \\{escape} is not supported; the whole text is matched");
        }
        return new ClassNode(Folded(RegexClass.ParseEscape(_text, ref _at, inClass: false, Error)));
    }

    private GrammarNode Character(int character)
    {
        CodePointSet set = Folded(CodePointSet.Of(character));
        return set.Ranges is [var only] && only.From == only.To ? GrammarNode.Text(char.ConvertFromUtf32(character)) : new ClassNode(set);
    }

    private CodePointSet Folded(CodePointSet set) => _ignoreCase ? RegexClass.Fold(set) : set;

    private bool TryTake(string text)
    {
        if (!_text.AsSpan(_at).StartsWith(text))
            return false;
        _at += text.Length;
        return true;
    }

    private ConstraintException Error(int at, string message) => new(message, $"expression, character {at + 1}");
}
