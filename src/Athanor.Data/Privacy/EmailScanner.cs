namespace Athanor.Data.Privacy;

/// <summary>E-mail addresses around an @: a name of letters, digits and the marks of RFC 5322, single dots within it; a host of at least two labels, the last of letters.</summary>
internal static class EmailScanner
{
    private const int LongestName = 64, LongestHost = 255;

    public static PiiMatch At(ReadOnlySpan<char> text, int at, int free)
    {
        int start = at;
        while (start > free && at - start < LongestName && IsName(text[start - 1]))
            start--;
        // Dots only stand between other characters, and marks that open a quotation do not belong to a name.
        while (start < at && (text[start] is '.' or '\'' or '`' or '=' or '/' or '|' or '*' or '{' or '-' or '#' or '&' or '?' || text[start..at].IndexOf("..") >= 0))
            start++;
        if (start == at || text[at - 1] == '.')
            return default;
        int end = Host(text, at + 1);
        return end == 0 ? default : new PiiMatch(PiiKind.Email, start, end - start);
    }

    private static int Host(ReadOnlySpan<char> text, int from)
    {
        int labels = 0, end = 0, limit = Math.Min(text.Length, from + LongestHost);
        for (int at = from; at < limit;)
        {
            int start = at;
            bool letters = true;
            while (at < limit && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '-'))
                letters &= char.IsAsciiLetter(text[at++]);
            int length = at - start;
            if (length == 0 || length > 63 || text[start] == '-' || text[at - 1] == '-')
                break;
            labels++;
            if (labels > 1 && letters && length > 1)
                end = at;
            if (at == limit || text[at] != '.')
                break;
            at++;
        }
        return end;
    }

    private static bool IsName(char unit) => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '!' or '#' or '$' or '%' or '&' or '\'' or '*' or '+' or '/' or '=' or '?' or '^' or '_' or '`' or '{' or '|' or '}' or '~' or '-';
}
