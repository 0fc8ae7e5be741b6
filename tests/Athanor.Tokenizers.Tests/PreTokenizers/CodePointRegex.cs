using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Tests.PreTokenizers;

/// <summary>
/// A textbook backtracking matcher of the regex subset that pre-tokenizers use, over code points: the oracle for characters that .NET's UTF-16 regex cannot see as one.
/// A byte that is not UTF-8 is the code point -1, which is in no class.
/// </summary>
internal sealed class CodePointRegex
{
    private readonly string _pattern;
    private readonly Node _root;
    private int _at;

    private delegate bool Node(int[] text, int at, Func<int, bool> next);

    public CodePointRegex(string pattern)
    {
        _pattern = pattern;
        _root = Alternation(false);
        if (_at != pattern.Length)
            throw new ArgumentException($"Trailing '{pattern[_at..]}'.");
    }

    /// <summary>The ends of the pieces in bytes.</summary>
    public List<int> Ends(byte[] utf8)
    {
        var text = new List<int>();
        var offsets = new List<int>();
        for (int at = 0; at < utf8.Length;)
        {
            offsets.Add(at);
            if (Rune.DecodeFromUtf8(utf8.AsSpan(at), out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
            {
                text.Add(rune.Value);
                at += length;
            }
            else
            {
                text.Add(-1);
                at++;
            }
        }
        offsets.Add(utf8.Length);
        int[] points = [.. text];
        var ends = new List<int>();
        for (int at = 0; at < points.Length;)
        {
            int end = -1;
            if (!_root(points, at, stop => { end = stop; return true; }) || end <= at)
                throw new InvalidOperationException($"No match at {at}.");
            ends.Add(offsets[end]);
            at = end;
        }
        return ends;
    }

    private Node Alternation(bool ignoreCase)
    {
        var branches = new List<Node> { Sequence(ignoreCase) };
        while (_at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            branches.Add(Sequence(ignoreCase));
        }
        return (text, at, next) => branches.Exists(branch => branch(text, at, next));
    }

    private Node Sequence(bool ignoreCase)
    {
        Node result = (_, at, next) => next(at);
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            Node first = result, second = Quantified(ignoreCase);
            result = (text, at, next) => first(text, at, middle => second(text, middle, next));
        }
        return result;
    }

    private Node Quantified(bool ignoreCase)
    {
        Node atom = Atom(ignoreCase);
        int least = 1, most = 1;
        if (_at < _pattern.Length)
        {
            switch (_pattern[_at])
            {
                case '?': (least, most) = (0, 1); _at++; break;
                case '*': (least, most) = (0, int.MaxValue); _at++; break;
                case '+': (least, most) = (1, int.MaxValue); _at++; break;
                case '{':
                    int close = _pattern.IndexOf('}', _at);
                    string[] bounds = _pattern[(_at + 1)..close].Split(',');
                    (least, most) = (int.Parse(bounds[0], CultureInfo.InvariantCulture), int.Parse(bounds[^1], CultureInfo.InvariantCulture));
                    _at = close + 1;
                    break;
                default: return atom;
            }
        }
        bool possessive = _at < _pattern.Length && _pattern[_at] == '+';
        if (possessive)
            _at++;
        bool Repeat(int[] text, int at, int count, Func<int, bool> next) =>
            (count < most && atom(text, at, end => end > at && Repeat(text, end, count + 1, next))) || (count >= least && next(at));
        if (!possessive)
            return (text, at, next) => Repeat(text, at, 0, next);
        return (text, at, next) =>
        {
            int end = -1;
            return Repeat(text, at, 0, stop => { end = stop; return true; }) && next(end);
        };
    }

    private Node Atom(bool ignoreCase)
    {
        if (_pattern[_at] == '(')
        {
            bool ahead = Take("(?!"), insensitive = !ahead && Take("(?i:");
            if (!ahead && !insensitive && !Take("(?:"))
                throw new ArgumentException("Unknown group.");
            Node inner = Alternation(ignoreCase || insensitive);
            _at++;
            return ahead ? (text, at, next) => !inner(text, at, _ => true) && next(at) : inner;
        }
        if (Take("$"))
            return (text, at, next) => at == text.Length && next(at);
        Predicate<int> set = _pattern[_at] == '[' ? Set(ignoreCase) : Single(ignoreCase);
        return (text, at, next) => at < text.Length && set(text[at]) && next(at + 1);
    }

    private Predicate<int> Set(bool ignoreCase)
    {
        _at++;
        bool negated = Take("^");
        var members = new List<Predicate<int>>();
        while (_pattern[_at] != ']')
            members.Add(Single(ignoreCase));
        _at++;
        return c => members.Exists(member => member(c)) != negated;
    }

    private Predicate<int> Single(bool ignoreCase)
    {
        char c = _pattern[_at++];
        if (c != '\\')
            return ignoreCase ? point => Fold(point) == Fold(c) : point => point == c;
        switch (_pattern[_at++])
        {
            case 'r': return point => point == '\r';
            case 'n': return point => point == '\n';
            case 's': return IsSpace;
            case 'S': return point => !IsSpace(point);
            case 'p':
                int close = _pattern.IndexOf('}', _at);
                string name = _pattern[(_at + 1)..close];
                _at = close + 1;
                return point => point >= 0 && Abbreviation(CharUnicodeInfo.GetUnicodeCategory(point)).StartsWith(name, StringComparison.Ordinal);
            default: throw new ArgumentException("Unknown escape.");
        }
    }

    private bool Take(string token)
    {
        if (!_pattern.AsSpan(_at).StartsWith(token))
            return false;
        _at += token.Length;
        return true;
    }

    /// <summary>Simple case folding of the letters that these regexes name: the long s folds to s.</summary>
    private static int Fold(int point) => point is >= 'A' and <= 'Z' ? point + 32 : point == 0x17F ? 's' : point;

    private static bool IsSpace(int c) => c is >= 9 and <= 13 or 0x20 or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    private static string Abbreviation(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.TitlecaseLetter => "Lt",
        UnicodeCategory.ModifierLetter => "Lm",
        UnicodeCategory.OtherLetter => "Lo",
        UnicodeCategory.NonSpacingMark => "Mn",
        UnicodeCategory.SpacingCombiningMark => "Mc",
        UnicodeCategory.EnclosingMark => "Me",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.LetterNumber => "Nl",
        UnicodeCategory.OtherNumber => "No",
        _ => "other",
    };
}
