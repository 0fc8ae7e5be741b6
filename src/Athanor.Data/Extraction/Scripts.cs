namespace Athanor.Data.Extraction;

/// <summary>Raised and lowered text: exponents and indices as their own characters, references to footnotes left out.</summary>
internal static class Scripts
{
    private const string Plain = "0123456789+-()=n", Raised = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾⁼ⁿ", Lowered = "₀₁₂₃₄₅₆₇₈₉₊₋₍₎₌ₙ";

    /// <summary>Writes a sup or sub element, where it is one of these.</summary>
    /// <returns>False where its text is to be written like any other.</returns>
    public static bool TryWrite(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at, TextBuffer text)
    {
        ref HtmlNode node = ref nodes[at];
        Extent only = default;
        bool link = false;
        if (node.End - at > 8)
            return false;
        for (int i = at + 1; i < node.End; i++)
        {
            link |= nodes[i].Tag == HtmlTag.A;
            if (nodes[i].Tag != HtmlTag.Text || nodes[i].Source.Of(page).IsWhiteSpace())
                continue;
            if (!only.IsEmpty)
                return link && IsReference(page, nodes, at);
            only = nodes[i].Source;
        }
        ReadOnlySpan<char> script = only.Of(page).Trim();
        if (link)
            return IsReference(page, nodes, at);
        if (script.Length is 0 or > 6 || text.Length == 0 || !char.IsLetterOrDigit(text.Written[^1]) && text.Written[^1] != ')')
            return false;
        Span<char> written = stackalloc char[6];
        string set = node.Tag == HtmlTag.Sup ? Raised : Lowered;
        for (int i = 0; i < script.Length; i++)
        {
            int index = Plain.IndexOf(script[i] == '\u2212' ? '-' : script[i], StringComparison.Ordinal);
            if (index < 0)
                return false;
            written[i] = set[index];
        }
        text.Raw(written[..script.Length]);
        return true;
    }

    /// <summary>Whether all of its text is a number or a letter in brackets.</summary>
    private static bool IsReference(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at)
    {
        int length = 0;
        for (int i = at + 1; i < nodes[at].End; i++)
        {
            if (nodes[i].Tag != HtmlTag.Text)
                continue;
            foreach (char c in nodes[i].Source.Of(page))
            {
                if (char.IsWhiteSpace(c))
                    continue;
                if (++length > 5 || !(char.IsAsciiDigit(c) || c is '[' or ']' or '(' or ')' or '*' or '↑' || (char.IsAsciiLetter(c) && length < 3)))
                    return false;
            }
        }
        return length > 0;
    }
}
