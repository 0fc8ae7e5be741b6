namespace Athanor.Data.Extraction;

/// <summary>Code between fences, with its language where the page names it.</summary>
internal static class CodeText
{
    /// <summary>Opens the fence of a preformatted block.</summary>
    public static void Begin(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int pre, TextBuffer text)
    {
        text.Raw("```");
        // Highlighters name the language on the block, on the code inside it, or on a box around it.
        int inside = pre + 1 < nodes[pre].End && nodes[pre + 1].Tag == HtmlTag.Code ? pre + 1 : pre;
        int around = nodes[pre].Parent;
        ReadOnlySpan<char> language = Language(page, nodes[inside]);
        if (language.IsEmpty)
            language = Language(page, nodes[pre]);
        for (int i = 0; i < 2 && language.IsEmpty && around > 0; i++, around = nodes[around].Parent)
            language = Language(page, nodes[around]);
        text.Raw(language);
        text.Raw("\n");
    }

    /// <summary>Closes the fence; what holds a fence itself gets longer ones, empty code and code of one line none.</summary>
    public static void End(TextBuffer text, int blockStart, int textStart)
    {
        string code = text.Written[textStart..].TrimEnd().ToString();
        int lead = 0;
        while (code.AsSpan(lead).IndexOf('\n') is >= 0 and int end && code.AsSpan(lead, end).IsWhiteSpace())
            lead += end + 1;
        code = code[lead..];
        string fence = text.Written[blockStart..textStart].ToString();
        text.CutTo(blockStart);
        if (code.Length == 0)
            return;
        if (!LooksLikeCode(code, fence))
        {
            text.Raw(code);
            return;
        }
        int marks = 3;
        while (code.Contains(new string('`', marks), StringComparison.Ordinal) && marks < 8)
            marks++;
        string more = new('`', marks - 3);
        text.Raw(more);
        text.Raw(fence);
        text.Raw(code);
        text.Raw("\n```");
        text.Raw(more);
    }

    /// <summary>Poems, letters and old pages are preformatted too; code has its signs.</summary>
    private static bool LooksLikeCode(string code, string fence)
    {
        if (fence.Length > 4)
            return true;
        int signs = 0, letters = 0;
        foreach (char c in code)
        {
            if (char.IsLetter(c))
                letters++;
            else if (c is '{' or '}' or '=' or '<' or '>' or ';' or '_' or '$' or '#' or '/' or '\\' or '|' or '*' or '[' or ']' or '(' or ')' or '@' or '&' or '+' or '~')
                signs++;
        }
        return signs * 25 >= letters || code.Length < 80;
    }

    private static ReadOnlySpan<char> Language(ReadOnlySpan<char> page, in HtmlNode node)
    {
        if (node.Tag is HtmlTag.Text or HtmlTag.Html or HtmlTag.Body)
            return default;
        ReadOnlySpan<char> data = HtmlAttributes.Find(page, node.Source, "data-lang").Of(page);
        if (IsName(data))
            return data;
        ReadOnlySpan<char> classes = HtmlAttributes.Find(page, node.Source, "class").Of(page);
        foreach (string lead in (ReadOnlySpan<string>)["language-", "lang-", "highlight-source-", "brush:", "sourceCode "])
        {
            int at = classes.IndexOf(lead, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            ReadOnlySpan<char> name = classes[(at + lead.Length)..].TrimStart();
            int end = name.IndexOfAny(" ;\t\n");
            name = end < 0 ? name : name[..end];
            if (IsName(name))
                return name;
        }
        return default;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > 20)
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '#' or '.' or '_'))
                return false;
        }
        return true;
    }
}
