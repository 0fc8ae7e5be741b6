namespace Athanor.Data.Extraction;

/// <summary>Tells tables of data from tables that lay out a page.</summary>
internal static class Tables
{
    private const int MostSpan = 16;

    /// <summary>Whether a table's rows can be lines: several columns, no table inside, no long cells.</summary>
    public static bool IsData(Span<HtmlNode> nodes, int table)
    {
        int cells = 0, rows = 0, end = nodes[table].End;
        for (int i = table + 1; i < end;)
        {
            ref HtmlNode node = ref nodes[i];
            if ((node.Flags & NodeFlags.Dropped) != 0)
            {
                i = node.End;
                continue;
            }
            switch (node.Tag)
            {
                case HtmlTag.Table or HtmlTag.Pre or HtmlTag.H1 or HtmlTag.H2 or HtmlTag.Article or HtmlTag.Section:
                    return false;
                case HtmlTag.Tr:
                    rows++;
                    break;
                case HtmlTag.Td or HtmlTag.Th:
                    cells++;
                    break;
            }
            if (node.Own > 600)
                return false;
            i++;
        }
        return rows > 0 && cells > rows;
    }

    /// <summary>How many columns a cell takes, bounded: pages ask for 2^53.</summary>
    public static int Span(ReadOnlySpan<char> page, in HtmlNode cell)
    {
        ReadOnlySpan<char> value = HtmlAttributes.Find(page, cell.Source, "colspan").Of(page).Trim();
        return int.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int span) ? Math.Clamp(span, 1, MostSpan) : 1;
    }
}
