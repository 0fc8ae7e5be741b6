namespace Athanor.Data.Privacy;

/// <summary>Keys and tokens: by the prefixes that their makers gave them, blocks of private keys, and random strings behind a word that says what they are.</summary>
internal static class SecretScanner
{
    private const int LongestKeyBlock = 16_384, LongestToken = 4096;

    /// <summary>Prefix, least and most characters behind it (letters, digits, _ and -).</summary>
    private static readonly (string Prefix, int Least, int Most)[] Prefixes =
    [
        ("AKIA", 16, 16), ("ASIA", 16, 16), ("ghp_", 36, 36), ("gho_", 36, 36), ("ghu_", 36, 36), ("ghs_", 36, 36), ("ghr_", 36, 76), ("github_pat_", 22, 90), ("glpat-", 20, 60), ("xoxb-", 20, 200), ("xoxp-", 20, 200),
        ("xoxa-", 20, 200), ("xoxr-", 20, 200), ("sk_live_", 16, 120), ("rk_live_", 16, 120), ("AIza", 35, 35), ("npm_", 36, 36), ("sk-", 32, 200), ("hf_", 30, 40), ("dop_v1_", 64, 64), ("SG.", 60, 80),
    ];

    private static readonly string[] Names = ["api_key", "apikey", "api-key", "secret", "token", "password", "passwd", "access_key", "auth"];

    public static PiiMatch At(ReadOnlySpan<char> text, int at)
    {
        char unit = text[at];
        if (unit == '-')
            return KeyBlock(text, at);
        if (unit == 'e' && text[at..].StartsWith("eyJ"))
            return JsonWebToken(text, at);
        foreach ((string prefix, int least, int most) in Prefixes)
        {
            if (prefix[0] != unit || !text[at..].StartsWith(prefix))
                continue;
            int end = TokenEnd(text, at + prefix.Length), length = end - at - prefix.Length;
            if (length >= least && length <= most && Varied(text[at..end]))
                return new PiiMatch(PiiKind.Secret, at, end - at);
        }
        return unit is 'a' or 'A' or 's' or 'S' or 't' or 'T' or 'p' or 'P' ? Named(text, at) : default;
    }

    /// <summary>-----BEGIN … PRIVATE KEY----- to its end, or as far as it goes.</summary>
    private static PiiMatch KeyBlock(ReadOnlySpan<char> text, int at)
    {
        const string Begin = "-----BEGIN ", Mark = "PRIVATE KEY", End = "-----END ";
        ReadOnlySpan<char> rest = text.Slice(at, Math.Min(text.Length - at, LongestKeyBlock));
        if (!rest.StartsWith(Begin))
            return default;
        int line = rest[..Math.Min(rest.Length, 64)].IndexOf(Mark);
        if (line < 0)
            return default;
        int end = rest.IndexOf(End);
        if (end < 0)
            return new PiiMatch(PiiKind.Secret, at, rest.Length);
        int close = rest[(end + End.Length)..].IndexOf("-----");
        return new PiiMatch(PiiKind.Secret, at, close is < 0 or > 64 ? end : end + End.Length + close + 5);
    }

    /// <summary>Three parts of base64url; the first two are JSON, which begins with eyJ.</summary>
    private static PiiMatch JsonWebToken(ReadOnlySpan<char> text, int at)
    {
        int first = TokenEnd(text, at);
        if (first - at < 12 || first + 3 >= text.Length || text[first] != '.' || !text[(first + 1)..].StartsWith("eyJ"))
            return default;
        int second = TokenEnd(text, first + 1);
        if (second + 1 >= text.Length || text[second] != '.')
            return default;
        int third = TokenEnd(text, second + 1);
        return third - second > 16 ? new PiiMatch(PiiKind.Secret, at, third - at) : default;
    }

    /// <summary>A random string behind "token:", "secret =", "api_key": only the string is the find.</summary>
    private static PiiMatch Named(ReadOnlySpan<char> text, int at)
    {
        foreach (string name in Names)
        {
            if (!text[at..].StartsWith(name, StringComparison.OrdinalIgnoreCase))
                continue;
            int from = at + name.Length, limit = Math.Min(text.Length, from + 8);
            bool assigned = false;
            while (from < limit && text[from] is ' ' or '"' or '\'' or ':' or '=')
                assigned |= text[from++] is ':' or '=';
            int end = TokenEnd(text, from);
            if (assigned && end - from is >= 20 and <= 200 && Varied(text[from..end]) && Entropy(text[from..end]) >= 3.5)
                return new PiiMatch(PiiKind.Secret, from, end - from);
        }
        return default;
    }

    private static int TokenEnd(ReadOnlySpan<char> text, int at)
    {
        int limit = Math.Min(text.Length, at + LongestToken);
        while (at < limit && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '-' or '+' or '/'))
            at++;
        return at;
    }

    /// <summary>Letters and digits both: words and placeholders such as XXXX are no keys.</summary>
    private static bool Varied(ReadOnlySpan<char> token) => token.IndexOfAnyInRange('0', '9') >= 0 && token.IndexOfAnyExceptInRange('0', '9') >= 0 && Entropy(token) > 2.5;

    /// <summary>Shannon entropy in bits a character.</summary>
    private static double Entropy(ReadOnlySpan<char> token)
    {
        Span<int> counts = stackalloc int[128];
        counts.Clear();
        foreach (char unit in token)
            counts[unit & 127]++;
        double entropy = 0;
        foreach (int count in counts)
            entropy -= count == 0 ? 0 : (double)count / token.Length * Math.Log2((double)count / token.Length);
        return entropy;
    }
}
