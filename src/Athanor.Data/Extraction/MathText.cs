namespace Athanor.Data.Extraction;

/// <summary>Formulas as TeX between dollars, from whatever form of them a page holds.</summary>
internal static class MathText
{
    private const int Longest = 4000;

    /// <summary>Writes a node where it is a formula. Those are asked first, for the form that can be read is often hidden behind a picture.</summary>
    /// <returns>False where it is none.</returns>
    public static bool TryWrite(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at, TextBuffer text)
    {
        ref HtmlNode node = ref nodes[at];
        switch (node.Tag)
        {
            case HtmlTag.Math:
                Formula(page, nodes, at, text);
                return true;
            case HtmlTag.Script:
                ReadOnlySpan<char> type = HtmlAttributes.Find(page, node.Source, "type").Of(page);
                if (!type.StartsWith("math/tex", StringComparison.OrdinalIgnoreCase) || node.End != at + 2)
                    return false;
                Put(nodes[at + 1].Source.Of(page), type.Contains("display", StringComparison.OrdinalIgnoreCase), text);
                return true;
            case HtmlTag.Img:
                ReadOnlySpan<char> name = HtmlAttributes.Find(page, node.Source, "class").Of(page);
                if (!(name.Equals("tex", StringComparison.OrdinalIgnoreCase) || name.Contains("latex", StringComparison.OrdinalIgnoreCase)))
                    return false;
                Put(HtmlAttributes.Find(page, node.Source, "alt").Of(page), false, text);
                return true;
            case HtmlTag.Span when (node.Flags & NodeFlags.Dropped) != 0 && node.Marks == Mark.None:
                // Encyclopedias hide the formula and show its picture.
                for (int i = at + 1; i < Math.Min(node.End, at + 4); i++)
                {
                    if (nodes[i].Tag != HtmlTag.Math)
                        continue;
                    Formula(page, nodes, i, text);
                    return true;
                }
                return false;
            default:
                return false;
        }
    }

    private static void Formula(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at, TextBuffer text)
    {
        bool display = HtmlAttributes.Find(page, nodes[at].Source, "display").Of(page) is "block";
        for (int i = at + 1; i < nodes[at].End; i++)
        {
            if (nodes[i].Tag == HtmlTag.Annotation && HtmlAttributes.Find(page, nodes[i].Source, "encoding").Of(page).Contains("tex", StringComparison.OrdinalIgnoreCase) && nodes[i].End == i + 2)
            {
                Put(nodes[i + 1].Source.Of(page), display, text);
                return;
            }
        }
        ReadOnlySpan<char> alternative = HtmlAttributes.Find(page, nodes[at].Source, "alttext").Of(page);
        if (!alternative.IsEmpty)
        {
            Put(alternative, display, text);
            return;
        }
        for (int i = at + 1; i < nodes[at].End;)
        {
            if (nodes[i].Tag == HtmlTag.Annotation)
            {
                i = nodes[i].End;
                continue;
            }
            if (nodes[i].Tag == HtmlTag.Text)
                text.Page(nodes[i].Source.Of(page), false);
            i++;
        }
    }

    private static void Put(ReadOnlySpan<char> formula, bool display, TextBuffer text)
    {
        formula = formula.Trim();
        if (formula.StartsWith("{\\displaystyle") && formula[^1] == '}')
            formula = formula["{\\displaystyle".Length..^1].Trim();
        formula = formula.Trim('$').Trim();
        if (formula.Length is 0 or > Longest)
            return;
        text.Raw(display ? "$$" : "$");
        text.Page(formula, false);
        text.Raw(display ? "$$" : "$");
    }
}
