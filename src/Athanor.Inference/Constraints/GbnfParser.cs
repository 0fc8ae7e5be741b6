using System.Globalization;
using System.Text;

namespace Athanor.Inference.Constraints;

/// <summary>
/// Reads grammars as llama.cpp writes them (GBNF): <c>root ::= "yes" | "no" | [a-z]+ other{2,3}</c>, comments after #. The text is what the rule
/// <c>root</c> matches. A rule goes on until the next <c>name ::=</c>, so lines may be broken anywhere.
/// </summary>
internal sealed class GbnfParser
{
    private const int MaxNesting = 100;
    private const int MaxLength = 4 << 20;

    private readonly string _text;
    private readonly GrammarBook _book = new();
    private int _at;
    private int _nesting;

    private GbnfParser(string text) => _text = text;

    /// <summary>The rules of a grammar and the number of its rule root.</summary>
    public static (GrammarBook Book, int Root) Parse(string text)
    {
        if (text.Length > MaxLength)
            throw new ConstraintException($"the grammar has {text.Length} characters; at most {MaxLength} are read");
        var parser = new GbnfParser(text);
        parser.ParseRules();
        if (!parser._book.TryGetRule("root", out int root) || !parser._book.IsDefined(root))
            throw new ConstraintException("there is no rule 'root'; texts are what it matches, so add a line 'root ::= …'");
        return (parser._book, root);
    }

    private void ParseRules()
    {
        SkipSpace();
        while (_at < _text.Length)
        {
            int begin = _at;
            string name = ParseName();
            SkipSpace();
            if (name.Length == 0 || !TryTake("::="))
                throw Error(begin, "a rule must begin with its name and '::='");
            if (_book.TryGetRule(name, out int known) && _book.IsDefined(known))
                throw Error(begin, $"the rule '{name}' is defined twice; write alternatives with '|'");
            SkipSpace();
            GrammarNode body = ParseAlternatives();
            if (_at < _text.Length && _text[_at] == ')')
                throw Error(_at, "there is a ')' without '('");
            _book.Define(name, body);
        }
    }

    private GrammarNode ParseAlternatives()
    {
        if (++_nesting > MaxNesting)
            throw Error(_at, $"parentheses are nested more than {MaxNesting} deep");
        List<GrammarNode> items = [ParseSequence()];
        while (TryTake("|"))
        {
            SkipSpace();
            items.Add(ParseSequence());
        }
        _nesting--;
        return GrammarNode.Choice(items);
    }

    private GrammarNode ParseSequence()
    {
        List<GrammarNode> items = [];
        while (_at < _text.Length && _text[_at] is not ('|' or ')') && !AtRule())
        {
            GrammarNode item = ParseItem();
            SkipSpace();
            while (_at < _text.Length && _text[_at] is '*' or '+' or '?' or '{')
            {
                item = ParseRepeat(item);
                SkipSpace();
            }
            items.Add(item);
        }
        return GrammarNode.Sequence(items);
    }

    private GrammarNode ParseItem()
    {
        switch (_text[_at])
        {
            case '"':
                return ParseLiteral();
            case '[':
                return ParseClass();
            case '.':
                _at++;
                return new ClassNode(CodePointSet.Any);
            case '(':
                int open = _at++;
                SkipSpace();
                GrammarNode group = ParseAlternatives();
                return TryTake(")") ? group : throw Error(open, "there is no ')' for this '('");
            case '<' or '!':
                throw Error(_at, "tokens (<…>) cannot be named in a grammar here; write the text they stand for");
        }
        int begin = _at;
        string name = ParseName();
        return name.Length > 0 ? new RuleNode(_book.Rule(name)) : throw Error(begin, $"'{_text[begin]}' begins nothing; quote it to mean the text");
    }

    private GrammarNode ParseRepeat(GrammarNode body)
    {
        int begin = _at;
        switch (_text[_at++])
        {
            case '*':
                return GrammarNode.Repeat(body, 0, -1);
            case '+':
                return GrammarNode.Repeat(body, 1, -1);
            case '?':
                return GrammarNode.Optional(body);
        }
        SkipSpace();
        int? min = ParseCount();
        int? max = min;
        SkipSpace();
        if (TryTake(","))
        {
            SkipSpace();
            max = ParseCount() ?? -1;
            SkipSpace();
        }
        if (!TryTake("}") || max is null)
            throw Error(begin, "a count is written {3}, {3,}, {3,5} or {,5}");
        if (max >= 0 && max < (min ?? 0))
            throw Error(begin, $"the count's upper bound {max} is below its lower one {min}");
        return GrammarNode.Repeat(body, min ?? 0, max.Value);
    }

    private int? ParseCount()
    {
        int begin = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            _at++;
        if (_at == begin)
            return null;
        return int.TryParse(_text.AsSpan(begin, _at - begin), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= RegexParser.MaxCount
            ? count : throw Error(begin, $"counts go up to {RegexParser.MaxCount}");
    }

    private GrammarNode ParseLiteral()
    {
        int begin = _at++;
        var text = new StringBuilder();
        while (_at < _text.Length && _text[_at] != '"')
        {
            if (_text[_at] == '\n')
                break;
            AppendCharacter(text);
        }
        return TryTake("\"") ? GrammarNode.Text(text.ToString()) : throw Error(begin, "the literal has no closing '\"' on its line");
    }

    private void AppendCharacter(StringBuilder text)
    {
        int begin = _at;
        int character = ParseCharacter();
        text.Append(Rune.IsValid(character) ? new Rune(character).ToString() : throw Error(begin, "half of a surrogate pair is no character"));
    }

    private ClassNode ParseClass()
    {
        int begin = _at++;
        bool negative = TryTake("^");
        List<(int, int)> ranges = [];
        while (_at < _text.Length && _text[_at] != ']')
        {
            int from = ParseCharacter(), to = from, at = _at;
            if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                _at++;
                to = ParseCharacter();
            }
            if (to < from)
                throw Error(at, "the range ends before it begins");
            ranges.Add((from, to));
        }
        if (!TryTake("]"))
            throw Error(begin, "there is no ']' for this '['");
        CodePointSet set = CodePointSet.Of(ranges);
        if (negative)
            set = set.Complement();
        return set.IsEmpty ? throw Error(begin, "the class has no character") : new ClassNode(set);
    }

    private int ParseCharacter()
    {
        int begin = _at;
        if (_text[_at] != '\\')
        {
            if (Rune.TryGetRuneAt(_text, _at, out Rune rune))
            {
                _at += rune.Utf16SequenceLength;
                return rune.Value;
            }
            throw Error(_at, "half of a surrogate pair is no character");
        }
        if (++_at >= _text.Length)
            throw Error(begin, "a backslash ends the grammar");
        char escape = _text[_at++];
        return escape switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'x' => ParseHex(begin, 2),
            'u' => ParseHex(begin, 4),
            'U' => ParseHex(begin, 8),
            '\\' or '"' or '[' or ']' or '-' or '^' or '/' => escape,
            _ => throw Error(begin, $"the escape '\\{escape}' is unknown; known are \\n \\r \\t \\\\ \\\" \\[ \\] \\- \\^ \\xHH \\uHHHH \\UHHHHHHHH"),
        };
    }

    private int ParseHex(int begin, int digits)
    {
        if (_at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            || value is < 0 or > CodePointSet.Last)
        {
            throw Error(begin, $"the escape needs {digits} hexadecimal digits of a character");
        }
        _at += digits;
        return value;
    }

    private string ParseName()
    {
        int begin = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '_'))
            _at++;
        return _text[begin.._at];
    }

    private bool AtRule()
    {
        int begin = _at;
        bool rule = ParseName().Length > 0;
        SkipSpace();
        rule = rule && _text.AsSpan(_at).StartsWith("::=");
        _at = begin;
        return rule;
    }

    private bool TryTake(string text)
    {
        if (!_text.AsSpan(_at).StartsWith(text))
            return false;
        _at += text.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] == '#')
            {
                while (_at < _text.Length && _text[_at] != '\n')
                    _at++;
            }
            else if (_text[_at] is ' ' or '\t' or '\r' or '\n')
            {
                _at++;
            }
            else
            {
                break;
            }
        }
    }

    private ConstraintException Error(int at, string message)
    {
        int line = _text.AsSpan(0, at).Count('\n') + 1, column = at - _text.AsSpan(0, at).LastIndexOf('\n');
        return new ConstraintException(message, $"grammar, line {line}, column {column}");
    }
}
