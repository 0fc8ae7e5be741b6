namespace Athanor.Data.Segmentation;

/// <summary>What spaCy takes for a web address or an e-mail address and so leaves whole: Diego Perini's pattern with its changes, written as a scanner that reads each character a bounded number of times.</summary>
internal static class EnglishUrls
{
    public static bool Matches(ReadOnlySpan<char> text)
    {
        // Every address has a dot before its path; most words have none.
        if (text.IndexOf('.') < 0)
            return false;
        int scheme = Scheme(text);
        if (HostAndRest(text) || (scheme > 0 && HostAndRest(text[scheme..])))
            return true;
        // A name before @ may hold anything, so the host may begin behind any of them that has something in front.
        for (int at = text.LastIndexOf('@'), tries = 0; at > 0 && tries < 16; at = text[..at].LastIndexOf('@'), tries++)
        {
            if (HostAndRest(text[(at + 1)..]))
                return true;
        }
        return false;
    }

    /// <summary>Code units of <c>scheme://</c>, or 0.</summary>
    private static int Scheme(ReadOnlySpan<char> text)
    {
        int at = text.IndexOf("://");
        if (at < 2)
            return 0;
        foreach (char unit in text[..at])
        {
            if (!(char.IsLetterOrDigit(unit) || unit is '_' or '+' or '-' or '.'))
                return 0;
        }
        return at + 3;
    }

    private static bool HostAndRest(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny(":/?#");
        ReadOnlySpan<char> host = end < 0 ? text : text[..end];
        if (!IsName(host) && !IsAddress(host))
            return false;
        if (end < 0)
            return true;
        ReadOnlySpan<char> rest = text[end..];
        if (rest[0] == ':')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            digits = digits < 0 ? rest.Length - 1 : digits;
            if (digits is < 2 or > 5)
                return false;
            rest = rest[(1 + digits)..];
        }
        return rest.IsEmpty || rest[0] is '/' or '?' or '#';
    }

    private static bool IsName(ReadOnlySpan<char> host)
    {
        int dot = host.LastIndexOf('.');
        if (dot <= 0)
            return false;
        ReadOnlySpan<char> top = host[(dot + 1)..];
        if (SpaceWords.CodePoints(top) is < 2 or > 63)
            return false;
        for (int at = 0; at < top.Length;)
        {
            if ((CharacterClasses.Of(CharacterClasses.RuneAt(top, at, out int units)) & CharacterClass.Lower) == 0)
                return false;
            at += units;
        }
        foreach (Range range in host[..dot].Split('.'))
        {
            ReadOnlySpan<char> label = host[range];
            if (label.Length is < 1 or > 64 || !IsNameCharacter(label[0]) || !IsNameCharacter(label[^1]))
                return false;
            foreach (char unit in label)
            {
                if (!IsNameCharacter(unit) && unit is not ('_' or '-'))
                    return false;
            }
        }
        return true;
    }

    private static bool IsNameCharacter(char unit) => char.IsAsciiLetterOrDigit(unit) || (unit >= '\u00a1' && !char.IsSurrogate(unit));

    /// <summary>Four numbers in the ranges of public addresses.</summary>
    private static bool IsAddress(ReadOnlySpan<char> host)
    {
        Span<int> parts = stackalloc int[4];
        int count = 0;
        foreach (Range range in host.Split('.'))
        {
            ReadOnlySpan<char> part = host[range];
            if (count == 4 || part.Length is < 1 or > 3 || part.IndexOfAnyExceptInRange('0', '9') >= 0)
                return false;
            if (count is 0 or 3 && part[0] == '0')
                return false;
            parts[count++] = int.Parse(part, System.Globalization.CultureInfo.InvariantCulture);
        }
        return count == 4 && parts[0] is >= 1 and <= 223 && parts[1] <= 255 && parts[2] <= 255 && parts[3] is >= 1 and <= 254
            && parts[0] is not (10 or 127) && !(parts[0] == 169 && parts[1] == 254) && !(parts[0] == 192 && parts[1] == 168) && !(parts[0] == 172 && parts[1] is >= 16 and <= 31);
    }
}
