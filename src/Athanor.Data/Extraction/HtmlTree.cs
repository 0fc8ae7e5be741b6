namespace Athanor.Data.Extraction;

/// <summary>
/// A page as nodes in one array, built in one pass as browsers do, without their repair of misnested formatting. Depth and count are bounded: what lies deeper becomes part of the deepest
/// element, what comes later is left out. The array is kept between pages.
/// </summary>
/// <param name="maxNodes">Nodes at most.</param>
/// <param name="maxDepth">Elements within each other at most.</param>
internal sealed class HtmlTree(int maxNodes, int maxDepth)
{
    private readonly int[] _open = new int[maxDepth + 1];
    private readonly int[] _openCount = new int[256];
    private HtmlNode[] _nodes = new HtmlNode[4096];
    private int _depth;
    private int _links;
    private int _block;
    private bool _bodySeen;

    /// <summary>The nodes; the first holds all others.</summary>
    public Span<HtmlNode> Nodes => _nodes.AsSpan(0, Count);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the page had more nodes than are read.</summary>
    public bool Truncated { get; private set; }

    /// <summary>Attributes of the html element.</summary>
    public Extent Html { get; private set; }

    /// <summary>Reads a page.</summary>
    public void Read(ReadOnlySpan<char> page)
    {
        Count = _links = _block = 0;
        _depth = -1;
        (Truncated, _bodySeen, Html) = (false, false, default);
        Array.Clear(_openCount);
        Push(HtmlTag.Html, default);
        var lexer = new HtmlLexer(page);
        while (Count < maxNodes)
        {
            switch (lexer.Next())
            {
                case HtmlToken.Text:
                    AddText(page, lexer.Content);
                    break;
                case HtmlToken.StartTag:
                    Start(page, ref lexer);
                    break;
                case HtmlToken.EndTag:
                    Close(lexer.Tag);
                    break;
                default:
                    CloseTo(0);
                    _nodes[0].End = Count;
                    return;
            }
        }
        Truncated = true;
        CloseTo(0);
        _nodes[0].End = Count;
    }

    private void Start(ReadOnlySpan<char> page, ref HtmlLexer lexer)
    {
        HtmlTag tag = lexer.Tag;
        TagKind kind = HtmlTags.Kind(tag);
        int begin = lexer.Start + 1;
        if (tag == HtmlTag.Html)
        {
            if (Html.IsEmpty)
                Html = lexer.Content;
            return;
        }
        if (tag == HtmlTag.Body)
        {
            CloseHead();
            if (_bodySeen)
                return;
            _bodySeen = true;
        }
        else if (tag == HtmlTag.Head)
        {
            if (_bodySeen || Count > 1)
                return;
        }
        else if (_openCount[(int)HtmlTag.Head] > 0 && (kind & TagKind.InHead) == 0)
            CloseHead();
        CloseImplied(tag, kind);
        int node = Push(tag, lexer.Content);
        if ((kind & TagKind.Marked) != 0)
            _nodes[node].Marks = MarkWords.Of(page, lexer.Class, lexer.Id, lexer.Role, lexer.Property);
        if (lexer.Notable)
            _nodes[node].Flags |= NodeFlags.Notable;
        if (lexer.Hidden || (!lexer.Style.IsEmpty && Hides(lexer.Style.Of(page))))
            _nodes[node].Flags |= NodeFlags.Hidden;
        if ((kind & TagKind.Raw) != 0 && !lexer.SelfClosing)
        {
            Extent raw = lexer.ReadRaw(tag, page.Slice(begin, tag.ToString().Length));
            if (tag is HtmlTag.Script or HtmlTag.Title or HtmlTag.Textarea or HtmlTag.Xmp or HtmlTag.Plaintext && !raw.IsEmpty)
                AddRaw(raw);
            Pop();
        }
        else if ((kind & TagKind.Void) != 0 || (lexer.SelfClosing && _openCount[(int)HtmlTag.Svg] + _openCount[(int)HtmlTag.Math] > 0))
            Pop();
    }

    /// <summary>Ends elements whose end tags may be left out when the next one starts.</summary>
    private void CloseImplied(HtmlTag tag, TagKind kind)
    {
        if ((kind & TagKind.ClosesParagraph) != 0 && _openCount[(int)HtmlTag.P] > 0)
            CloseIn(HtmlTag.P, HtmlTag.P);
        switch (tag)
        {
            case HtmlTag.Li when _openCount[(int)HtmlTag.Li] > 0:
                CloseIn(HtmlTag.Li, HtmlTag.Li, HtmlTag.Ul, HtmlTag.Ol, HtmlTag.Menu, HtmlTag.Dir);
                break;
            case HtmlTag.Dd or HtmlTag.Dt when _openCount[(int)HtmlTag.Dd] + _openCount[(int)HtmlTag.Dt] > 0:
                CloseIn(HtmlTag.Dd, HtmlTag.Dt, HtmlTag.Dl);
                break;
            case HtmlTag.Option or HtmlTag.Optgroup when _openCount[(int)HtmlTag.Option] > 0:
                CloseIn(HtmlTag.Option, HtmlTag.Option, HtmlTag.Select);
                break;
            case HtmlTag.A when _openCount[(int)HtmlTag.A] > 0:
                Close(HtmlTag.A);
                break;
            case HtmlTag.Td or HtmlTag.Th when _openCount[(int)HtmlTag.Td] + _openCount[(int)HtmlTag.Th] > 0:
                CloseCells(HtmlTag.Td, HtmlTag.Th);
                break;
            case HtmlTag.Tr when _openCount[(int)HtmlTag.Tr] > 0:
                CloseCells(HtmlTag.Tr, HtmlTag.Tr);
                break;
            case HtmlTag.Tbody or HtmlTag.Thead or HtmlTag.Tfoot when _openCount[(int)HtmlTag.Tr] > 0:
                CloseCells(HtmlTag.Tr, HtmlTag.Tr);
                break;
        }
    }

    /// <summary>Ends the innermost of two elements unless a scope or one of the barriers lies around what is open.</summary>
    private void CloseIn(HtmlTag first, HtmlTag second, params ReadOnlySpan<HtmlTag> barriers)
    {
        for (int level = _depth; level > 0; level--)
        {
            HtmlTag open = _nodes[_open[level]].Tag;
            if (open == first || open == second)
            {
                CloseTo(level - 1);
                return;
            }
            if (HtmlTags.Is(open, TagKind.Scope) || barriers.Contains(open) || (first != HtmlTag.P && barriers.IsEmpty && open == HtmlTag.Div))
                return;
        }
    }

    /// <summary>Ends the innermost cell or row of the innermost table.</summary>
    private void CloseCells(HtmlTag first, HtmlTag second)
    {
        for (int level = _depth; level > 0; level--)
        {
            HtmlTag open = _nodes[_open[level]].Tag;
            if (open == first || open == second)
            {
                CloseTo(level - 1);
                return;
            }
            if (open == HtmlTag.Table)
                return;
        }
    }

    private void CloseHead()
    {
        if (_openCount[(int)HtmlTag.Head] > 0)
            CloseIn(HtmlTag.Head, HtmlTag.Head);
    }

    private void Close(HtmlTag tag)
    {
        if (_openCount[(int)tag] == 0 || tag is HtmlTag.Body or HtmlTag.Html)
            return;
        bool formatting = HtmlTags.Is(tag, TagKind.Formatting), table = tag is HtmlTag.Table or HtmlTag.Tr or HtmlTag.Tbody or HtmlTag.Thead or HtmlTag.Tfoot;
        bool blocks = false;
        for (int level = _depth; level > 0; level--)
        {
            ref HtmlNode open = ref _nodes[_open[level]];
            if (open.Tag == tag)
            {
                if (blocks)
                {
                    open.Flags |= NodeFlags.Ended;
                    if (tag == HtmlTag.A)
                        _links = 0;
                }
                else
                    CloseTo(level - 1);
                return;
            }
            if (!table && HtmlTags.Is(open.Tag, TagKind.Scope))
                return;
            if (table && open.Tag == HtmlTag.Table)
                return;
            blocks |= formatting && HtmlTags.Is(open.Tag, TagKind.Block);
        }
    }

    private void CloseTo(int level)
    {
        while (_depth > level)
            Pop();
        while (_depth > 0 && (_nodes[_open[_depth]].Flags & NodeFlags.Ended) != 0)
            Pop();
    }

    private void Pop()
    {
        ref HtmlNode node = ref _nodes[_open[_depth]];
        node.End = Count;
        _openCount[(int)node.Tag]--;
        if (node.Tag == HtmlTag.A && (node.Flags & NodeFlags.Ended) == 0)
            _links = 0;
        _depth--;
        if (HtmlTags.Is(node.Tag, TagKind.Block))
            _block = BlockAround();
    }

    private int BlockAround()
    {
        int node = _depth < 0 ? 0 : _open[_depth];
        while (node > 0 && !HtmlTags.Is(_nodes[node].Tag, TagKind.Block))
            node = _nodes[node].Parent;
        return node;
    }

    private int Push(HtmlTag tag, Extent source)
    {
        if (Count == _nodes.Length)
            Array.Resize(ref _nodes, _nodes.Length * 2);
        // An element beyond the depth takes the place of the deepest one, which ends here.
        if (_depth == maxDepth)
            Pop();
        int node = Count++;
        if (tag == HtmlTag.A)
            _links = 1;
        _nodes[node] = new HtmlNode { Tag = tag, Parent = _depth < 0 ? -1 : _open[_depth], End = node + 1, Source = source, Flags = _links > 0 ? NodeFlags.InLink : 0 };
        _open[++_depth] = node;
        _openCount[(int)tag]++;
        if (HtmlTags.Is(tag, TagKind.Block))
            _block = node;
        return node;
    }

    private void AddText(ReadOnlySpan<char> page, Extent text)
    {
        int length = TextMeasure.Folded(text.Of(page));
        if (length > 0 && _openCount[(int)HtmlTag.Head] > 0)
            CloseHead();
        AddRaw(text);
        ref HtmlNode block = ref _nodes[_block];
        block.Own += length;
        if (_links > 0)
            block.OwnLinked += length;
    }

    private void AddRaw(Extent text)
    {
        if (Count == _nodes.Length)
            Array.Resize(ref _nodes, _nodes.Length * 2);
        int node = Count++;
        _nodes[node] = new HtmlNode { Tag = HtmlTag.Text, Parent = _open[_depth], End = node + 1, Source = text, Flags = _links > 0 ? NodeFlags.InLink : 0 };
    }

    private static bool Hides(ReadOnlySpan<char> style)
    {
        for (int at = style.IndexOf(':'); at >= 0;)
        {
            ReadOnlySpan<char> name = style[..at].TrimEnd(), value = style[(at + 1)..].TrimStart();
            if (name.EndsWith("display", StringComparison.OrdinalIgnoreCase) && value.StartsWith("none", StringComparison.OrdinalIgnoreCase))
                return true;
            if (name.EndsWith("visibility", StringComparison.OrdinalIgnoreCase) && value.StartsWith("hidden", StringComparison.OrdinalIgnoreCase))
                return true;
            style = style[(at + 1)..];
            at = style.IndexOf(':');
        }
        return false;
    }
}
