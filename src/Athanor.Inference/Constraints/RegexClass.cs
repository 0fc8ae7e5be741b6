using System.Globalization;
using System.Text;

namespace Athanor.Inference.Constraints;

/// <summary>Reads classes and escapes of regular expressions.</summary>
internal static class RegexClass
{
    private static readonly CodePointSet s_digit = CodePointSet.Of(('0', '9'));
    private static readonly CodePointSet s_word = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_'));
    private static readonly CodePointSet s_space = CodePointSet.Of(('\t', '\r'), (' ', ' '));

    public static CodePointSet Fold(CodePointSet set) => UnicodeCategories.Fold(set);

    /// <summary>Reads a class, which begins at <paramref name="at"/>.</summary>
    public static CodePointSet Parse(string text, ref int at, Func<int, string, ConstraintException> error)
    {
        int begin = at++;
        bool negative = at < text.Length && text[at] == '^';
        if (negative)
            at++;
        List<(int, int)> ranges = [];
        for (bool first = true; at < text.Length && (text[at] != ']' || first); first = false)
        {
            if (text[at] == '[' && at + 1 < text.Length && text[at + 1] is ':' or '=' or '.')
                throw error(at, "POSIX classes such as [:alpha:] are not supported; write a-zA-Z or \\p{L}");
            if (text[at] == '-' && at + 1 < text.Length && text[at + 1] == '[')
                throw error(at, "subtraction of classes is not supported; write the ranges that are left");
            int itemBegin = at;
            CodePointSet item = ParseItem(text, ref at, error);
            if (at + 1 < text.Length && text[at] == '-' && text[at + 1] != ']')
            {
                if (text[at + 1] == '[')
                    continue;
                if (item.Ranges is not [(var from, var single)] || from != single)
                    throw error(itemBegin, "a range cannot begin with a class; escape the '-'");
                at++;
                CodePointSet last = ParseItem(text, ref at, error);
                if (last.Ranges is not [(var to, var end)] || to != end)
                    throw error(itemBegin, "a range cannot end with a class; escape the '-'");
                if (to < from)
                    throw error(itemBegin, "the range ends before it begins");
                ranges.Add((from, to));
                continue;
            }
            ranges.AddRange(item.Ranges);
        }
        if (at >= text.Length)
            throw error(begin, "there is no ']' for this '['");
        at++;
        CodePointSet set = CodePointSet.Of(ranges);
        if (negative)
            set = set.Complement();
        return set.IsEmpty ? throw error(begin, "the class has no character") : set;
    }

    /// <summary>Reads an escape, whose backslash is at <paramref name="at"/>.</summary>
    public static CodePointSet ParseEscape(string text, ref int at, bool inClass, Func<int, string, ConstraintException> error)
    {
        int begin = at;
        if (at + 1 >= text.Length)
            throw error(begin, "a backslash ends the expression");
        char escape = text[at + 1];
        at += 2;
        switch (escape)
        {
            case 'd':
                return s_digit;
            case 'D':
                return s_digit.Complement();
            case 'w':
                return s_word;
            case 'W':
                return s_word.Complement();
            case 's':
                return s_space;
            case 'S':
                return s_space.Complement();
            case 'p' or 'P':
                CodePointSet category = Category(text, ref at, begin, error);
                return escape == 'p' ? category : category.Complement();
        }
        int character = escape switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => 7,
            'e' => 27,
            '0' => 0,
            'b' when inClass => 8,
            'x' => Hex(text, ref at, 2, begin, error),
            'u' => Hex(text, ref at, 4, begin, error),
            'c' when at < text.Length && char.IsAsciiLetter(text[at]) => text[at++] & 31,
            _ when char.IsAsciiLetterOrDigit(escape) => throw error(begin, $"the escape \\{escape} is not supported"),
            _ when char.IsSurrogate(escape) => throw error(begin, "the character needs no backslash"),
            _ => escape,
        };
        // Pairs of escapes are one character in ECMAScript and in JSON.
        if (escape == 'u' && char.IsHighSurrogate((char)character) && text.AsSpan(at).StartsWith("\\u"))
        {
            at += 2;
            int low = Hex(text, ref at, 4, begin, error);
            if (char.IsLowSurrogate((char)low))
                return CodePointSet.Of(char.ConvertToUtf32((char)character, (char)low));
        }
        return Rune.IsValid(character) ? CodePointSet.Of(character) : throw error(begin, "half of a surrogate pair is no character");
    }

    private static CodePointSet ParseItem(string text, ref int at, Func<int, string, ConstraintException> error)
    {
        if (text[at] == '\\')
            return ParseEscape(text, ref at, inClass: true, error);
        if (!Rune.TryGetRuneAt(text, at, out Rune rune))
            throw error(at, "half of a surrogate pair is no character");
        at += rune.Utf16SequenceLength;
        return CodePointSet.Of(rune.Value);
    }

    private static CodePointSet Category(string text, ref int at, int begin, Func<int, string, ConstraintException> error)
    {
        string name = at < text.Length ? text[at..(at + 1)] : "";
        at += name.Length;
        if (name == "{")
        {
            int end = text.IndexOf('}', at);
            if (end < 0)
                throw error(begin, "there is no '}' for this \\p{");
            name = text[at..end];
            at = end + 1;
        }
        return UnicodeCategories.Find(name) ?? throw error(
            begin, $"\\p{{{name}}} is unknown; general categories such as \\p{{L}}, \\p{{Lu}}, \\p{{Nd}} are known, scripts and blocks are not");
    }

    private static int Hex(string text, ref int at, int digits, int begin, Func<int, string, ConstraintException> error)
    {
        int end = at + digits;
        if (at < text.Length && text[at] == '{')
        {
            at++;
            end = text.IndexOf('}', at);
        }
        if (end < at || end > text.Length
            || !int.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            || value is < 0 or > CodePointSet.Last)
        {
            throw error(begin, "the escape needs hexadecimal digits of a character");
        }
        at = end < text.Length && text[end] == '}' && text[at - 1] == '{' ? end + 1 : end;
        return value;
    }
}
