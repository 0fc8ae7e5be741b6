namespace Athanor.Data.Extraction;

/// <summary>
/// Finds the part of a page that is its content, and what inside it is not. Three sources of evidence: what elements are for (nav, aside, main), what their class names say
/// (<see cref="MarkWords"/>), and how much running text and how many links they hold. Names are believed only where the text does not speak against them.
/// </summary>
/// <param name="comments">Whether comments of readers are content.</param>
/// <param name="captions">Whether captions of pictures are.</param>
internal sealed class MainContent(bool comments = false, bool captions = false)
{
    /// <summary>Names that are believed even where the page has little text.</summary>
    private const Mark Always = Mark.Navigation | Mark.Comments | Mark.Consent | Mark.Share | Mark.Footer;

    private const int Levels = 5, LeastText = 200, LeastPart = 100, SharePart = 6;

    /// <summary>How far above the content its summary is looked for.</summary>
    private const int MostLevels = 4;

    private int[] _text = [];
    private int[] _linked = [];
    private int[] _good = [];
    private readonly List<int> _leads = [];

    /// <summary>Nodes before the content's that open the article: its summary, set apart.</summary>
    public IReadOnlyList<int> Leads => _leads;

    /// <summary>Marks what is left out as dropped and says which node holds the content.</summary>
    /// <param name="tree">The page.</param>
    /// <param name="names">Whether names of classes count; where they have led to nothing, they do not.</param>
    public int Find(HtmlTree tree, bool names = true)
    {
        Span<HtmlNode> nodes = tree.Nodes;
        if (_text.Length < nodes.Length)
        {
            int length = Math.Max(nodes.Length, _text.Length * 2);
            (_text, _linked, _good) = (new int[length], new int[length], new int[length]);
        }
        DropUnread(nodes, captions);
        Measure(nodes);
        DropMarked(nodes, names);
        Measure(nodes);
        int root = names ? Root(nodes) : Descend(nodes, 0);
        FindLeads(nodes, root);
        DropLinkLists(nodes, root);
        return root;
    }

    /// <summary>Characters of running text in a node.</summary>
    public int Good(int node) => _good[node];

    private static void DropUnread(Span<HtmlNode> nodes, bool captions)
    {
        for (int i = 0; i < nodes.Length;)
        {
            ref HtmlNode node = ref nodes[i];
            node.Flags &= ~(NodeFlags.Dropped | NodeFlags.LinkList);
            bool unread = HtmlTags.Is(node.Tag, TagKind.Unread) || ((node.Flags & NodeFlags.Hidden) != 0 && node.Tag != HtmlTag.Body) || (node.Marks & Mark.RenderedMath) != 0
                || ((node.Marks & Mark.LineNumbers) != 0 && node.Tag is HtmlTag.Td or HtmlTag.Pre or HtmlTag.Span) || (!captions && (node.Tag == HtmlTag.Figcaption || ((node.Marks & Mark.Caption) != 0 && node.Own > 0)));
            if (unread && i > 0)
            {
                node.Flags |= NodeFlags.Dropped;
                i = node.End;
            }
            else
                i++;
        }
    }

    /// <summary>Sums lengths up the tree, without what is dropped.</summary>
    private void Measure(Span<HtmlNode> nodes)
    {
        Span<int> text = _text.AsSpan(0, nodes.Length), linked = _linked.AsSpan(0, nodes.Length), good = _good.AsSpan(0, nodes.Length);
        text.Clear();
        linked.Clear();
        good.Clear();
        for (int i = nodes.Length - 1; i > 0; i--)
        {
            ref HtmlNode node = ref nodes[i];
            if ((node.Flags & NodeFlags.Dropped) != 0)
            {
                text[i] = linked[i] = good[i] = 0;
                continue;
            }
            text[i] += node.Own;
            linked[i] += node.OwnLinked;
            good[i] += RunningText(node);
            text[node.Parent] += text[i];
            linked[node.Parent] += linked[i];
            good[node.Parent] += good[i];
        }
    }

    private static int RunningText(in HtmlNode node)
    {
        int plain = node.Own - node.OwnLinked;
        return plain < 60 || node.OwnLinked > plain || HtmlTags.Is(node.Tag, TagKind.Heading) ? 0 : plain;
    }

    private void DropMarked(Span<HtmlNode> nodes, bool names)
    {
        int page = _good[0];
        Mark believed = comments ? ~Mark.Comments : ~Mark.None;
        for (int i = 1; i < nodes.Length;)
        {
            ref HtmlNode node = ref nodes[i];
            if ((node.Flags & NodeFlags.Dropped) == 0 && IsBoilerplate(node, (names ? node.Marks : node.Marks & Always) & believed, names, _good[i], page, _linked[i]))
                node.Flags |= NodeFlags.Dropped;
            i = (node.Flags & NodeFlags.Dropped) != 0 ? node.End : i + 1;
        }
    }

    private static bool IsBoilerplate(in HtmlNode node, Mark marks, bool names, int good, int page, int linked)
    {
        if (node.Tag is HtmlTag.Text or HtmlTag.Body or HtmlTag.Html or HtmlTag.Article or HtmlTag.Main or HtmlTag.Td or HtmlTag.Tr or HtmlTag.Tbody or HtmlTag.Pre or HtmlTag.Code)
            return false;
        if (node.Tag is HtmlTag.Aside or HtmlTag.Footer && good * 2 < page)
            return true;
        if ((marks & Mark.Header) != 0 && good * 5 < page && !HtmlTags.Is(node.Tag, TagKind.Heading))
            return true;
        if ((marks & Mark.Boilerplate) == 0 || (marks & Mark.ArticleBody) != 0)
            return false;
        if (HtmlTags.Is(node.Tag, TagKind.Heading))
            return (marks & (Mark.Related | Mark.Comments | Mark.Share | Mark.Unseen)) != 0;
        if ((marks & (Mark.Article | Mark.Content | Mark.Main)) != 0)
            return good * 5 < page;
        if ((marks & Mark.Comments) != 0)
            return !names || good * 10 < page * 9;
        if ((marks & Mark.Boilerplate) == Mark.Teaser)
            return linked > 0 && good * 4 < page && node.Tag != HtmlTag.P;
        if ((marks & Mark.Boilerplate) == Mark.Share && node.Tag == HtmlTag.Blockquote)
            return false;
        return good * 2 < page;
    }

    private void FindLeads(Span<HtmlNode> nodes, int root)
    {
        _leads.Clear();
        int inside = root;
        for (int level = 0; level < MostLevels; level++)
        {
            int around = nodes[inside].Parent;
            if (around <= 0 || nodes[around].Tag == HtmlTag.Body || _good[around] * 2 > _good[root] * 3)
                return;
            for (int child = around + 1, at = 0; child < inside; child = nodes[child].End)
            {
                bool runs = _good[child] > 0 && _good[child] * 2 > _text[child] && _linked[child] * 4 < _text[child];
                if (runs && (nodes[child].Flags & NodeFlags.Dropped) == 0 && _good[child] * 2 < _good[root])
                    _leads.Insert(at++, child);
            }
            inside = around;
        }
    }

    /// <summary>The node that the best evidence points to and that holds at least half of the running text.</summary>
    private int Root(Span<HtmlNode> nodes)
    {
        int total = _good[0];
        if (total == 0)
            return 0;
        Span<int> best = stackalloc int[Levels], sum = stackalloc int[Levels], common = stackalloc int[Levels], end = stackalloc int[Levels];
        for (int i = 1; i < nodes.Length;)
        {
            ref HtmlNode node = ref nodes[i];
            if ((node.Flags & NodeFlags.Dropped) != 0)
            {
                i = node.End;
                continue;
            }
            int level = HtmlTags.Is(node.Tag, TagKind.Container) && _good[i] > 0 ? Level(node) : -1;
            if (level >= 0)
            {
                if (best[level] == 0 || _good[i] > _good[best[level]])
                    best[level] = i;
                if (i >= end[level])
                {
                    // Not within another of its kind.
                    sum[level] += _good[i];
                    end[level] = node.End;
                    if (_good[i] >= LeastPart)
                        common[level] = common[level] == 0 ? i : Around(nodes, common[level], i);
                }
            }
            i++;
        }
        for (int level = 0; level < Levels; level++)
        {
            int candidate = best[level];
            if (candidate == 0)
                continue;
            if (_good[candidate] >= LeastText && _good[candidate] * 10 >= sum[level] * SharePart && _good[candidate] * 2 >= total)
                return candidate;
            if (sum[level] >= LeastText && sum[level] * 2 >= total && common[level] > 0)
                return common[level];
        }
        return Descend(nodes, 0);
    }

    private static int Level(in HtmlNode node) => (node.Marks & Mark.ArticleBody) != 0 ? 0 : node.Tag == HtmlTag.Article ? 1 : (node.Marks & Mark.Article) != 0 ? 2 : (node.Marks & Mark.Content) != 0 ? 3
        : node.Tag == HtmlTag.Main || (node.Marks & Mark.Main) != 0 ? 4 : -1;

    /// <summary>The innermost node around two.</summary>
    private static int Around(Span<HtmlNode> nodes, int first, int second)
    {
        while (nodes[first].End <= second)
            first = nodes[first].Parent;
        return first;
    }

    /// <summary>Goes down while one child holds nearly all running text.</summary>
    private int Descend(Span<HtmlNode> nodes, int root)
    {
        while (true)
        {
            int inside = -1;
            for (int child = root + 1; child < nodes[root].End; child = nodes[child].End)
            {
                if ((nodes[child].Flags & NodeFlags.Dropped) == 0 && _good[child] * 10 >= _good[root] * 8 && HtmlTags.Is(nodes[child].Tag, TagKind.Container))
                    inside = child;
            }
            if (inside < 0 || _good[inside] == 0)
                return root;
            root = inside;
        }
    }

    private void DropLinkLists(Span<HtmlNode> nodes, int root)
    {
        for (int i = root + 1; i < nodes[root].End;)
        {
            ref HtmlNode node = ref nodes[i];
            if ((node.Flags & NodeFlags.Dropped) == 0 && IsLinkList(node, _text[i], _linked[i]))
                node.Flags |= NodeFlags.Dropped | NodeFlags.LinkList;
            i = (node.Flags & NodeFlags.Dropped) != 0 ? node.End : i + 1;
        }
    }

    private static bool IsLinkList(in HtmlNode node, int text, int linked) => node.Tag switch
    {
        HtmlTag.Ul or HtmlTag.Ol or HtmlTag.Dl or HtmlTag.Menu or HtmlTag.Dir => linked * 10 > text * 6 && text > 0,
        HtmlTag.Div or HtmlTag.Section or HtmlTag.Custom or HtmlTag.Header or HtmlTag.Form or HtmlTag.Fieldset => linked * 10 > text * 8 && text > 0,
        HtmlTag.Table => linked * 10 > text * 7 && text > 0,
        HtmlTag.P => linked * 10 > text * 8,
        _ => false,
    };
}
