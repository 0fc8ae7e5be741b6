namespace Athanor.Data.Extraction;

/// <summary>
/// Writes the content of a page as plain text that a person would have typed: blank lines between paragraphs, <c>#</c> before headings, <c>-</c> or numbers before items, rows of tables
/// between bars, code between fences, formulas between dollars. Blocks that say nothing (see <see cref="StockPhrases"/>) are left out, as are headings with nothing behind them.
/// </summary>
internal sealed class PageWriter
{
    /// <summary>Longer headings say something by themselves.</summary>
    private const int LongestCaption = 80;
    private readonly int[] _open;
    private readonly int[] _numbers;
    private readonly TextBuffer _text = new();
    private HtmlTree _tree = null!;
    private int _depth;
    private int _lists;
    private int _items;
    private int _blockStart;
    private int _textStart;
    private int _linked;
    private int _heading;
    private int _pendingHeading;
    private int _code;
    private int _table;
    private int _rows;
    private int _cells;
    private int _headCells;
    private bool _afterRelated;
    private bool _itemDue;

    public PageWriter(int maxDepth) => (_open, _numbers) = (new int[maxDepth + 2], new int[maxDepth + 2]);

    /// <summary>What was written.</summary>
    public ReadOnlySpan<char> Written => _text.Written.TrimEnd();

    /// <summary>Begins a page.</summary>
    public void Begin(HtmlTree tree)
    {
        _tree = tree;
        _text.CutTo(0);
        _blockStart = _textStart = _linked = _heading = 0;
        _pendingHeading = -1;
        _afterRelated = false;
    }

    /// <summary>Writes a node with what is in it.</summary>
    public void Write(ReadOnlySpan<char> page, int root)
    {
        Span<HtmlNode> nodes = _tree.Nodes;
        _depth = _lists = _items = _code = _table = 0;
        for (int i = root; i < nodes[root].End;)
        {
            while (_depth > 0 && nodes[_open[_depth - 1]].End <= i)
                Leave(page, nodes, _open[--_depth]);
            ref HtmlNode node = ref nodes[i];
            if (node.Tag == HtmlTag.Text)
            {
                if ((node.Flags & NodeFlags.InLink) != 0)
                    _linked += node.Source.End - node.Source.Start;
                Prefix(node.Source.Of(page));
                _text.Page(node.Source.Of(page), _code > 0);
                i++;
            }
            else if (MathText.TryWrite(page, nodes, i, _text))
                i = node.End;
            else if ((node.Flags & NodeFlags.Dropped) != 0)
            {
                if (HtmlTags.Is(node.Tag, TagKind.Block))
                    EndBlock(1);
                if ((node.Flags & NodeFlags.LinkList) != 0 || (node.Marks & (Mark.Related | Mark.Comments | Mark.Share)) != 0)
                    CutPendingHeading();
                i = node.End;
            }
            else
                i = Enter(page, nodes, i);
        }
        while (_depth > 0)
            Leave(page, nodes, _open[--_depth]);
        EndBlock(2);
    }

    /// <summary>Ends the page.</summary>
    public void Finish()
    {
        EndBlock(2);
        CutPendingHeading();
    }

    private int Enter(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int i)
    {
        ref HtmlNode node = ref nodes[i];
        if (node.Tag == HtmlTag.Br)
        {
            if (_code > 0)
                _text.Raw("\n");
            else
                LineEnd(nodes, i);
            return i + 1;
        }
        if (node.Tag is HtmlTag.Sup or HtmlTag.Sub && Scripts.TryWrite(page, nodes, i, _text))
            return node.End;
        if (!HtmlTags.Is(node.Tag, TagKind.Block))
            return i + 1;
        bool inTable = _table > 0 && node.Tag is not (HtmlTag.Tr or HtmlTag.Td or HtmlTag.Th);
        if (inTable)
            _text.Space();
        else if (_code == 0)
            EndBlock(Gap(node.Tag));
        _open[_depth++] = i;
        switch (node.Tag)
        {
            case HtmlTag.H1 or HtmlTag.H2 or HtmlTag.H3 or HtmlTag.H4 or HtmlTag.H5 or HtmlTag.H6 when !inTable && node.End > i + 1:
                _heading = node.Tag - HtmlTag.H1 + 1;
                break;
            case HtmlTag.Ul or HtmlTag.Ol or HtmlTag.Menu or HtmlTag.Dir:
                _lists++;
                _numbers[_lists] = node.Tag == HtmlTag.Ol ? 1 : 0;
                break;
            case HtmlTag.Li when !inTable:
                _items++;
                _itemDue = true;
                break;
            case HtmlTag.Pre or HtmlTag.Listing or HtmlTag.Xmp or HtmlTag.Plaintext when !inTable:
                if (_code++ == 0)
                {
                    _blockStart = _text.Length;
                    CodeText.Begin(page, nodes, i, _text);
                    _textStart = _text.Length;
                }
                break;
            case HtmlTag.Table when _table == 0 && Tables.IsData(nodes, i):
                (_table, _rows, _cells, _headCells) = (1, 0, 0, 0);
                break;
            case HtmlTag.Td or HtmlTag.Th when _table > 0:
                if (_table++ > 1)
                    _text.Space();
                _text.Raw("| ");
                _cells++;
                _headCells += node.Tag == HtmlTag.Th ? 1 : 0;
                _textStart = _text.Length;
                break;
        }
        return i + 1;
    }

    private void Leave(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int i)
    {
        HtmlTag tag = nodes[i].Tag;
        switch (tag)
        {
            case HtmlTag.Ul or HtmlTag.Ol or HtmlTag.Menu or HtmlTag.Dir:
                EndBlock(_lists-- > 1 ? 1 : 2);
                return;
            case HtmlTag.Li when _items > 0 && _table == 0:
                EndBlock(1);
                _items--;
                _itemDue = false;
                return;
            case HtmlTag.Pre or HtmlTag.Listing or HtmlTag.Xmp or HtmlTag.Plaintext when _code > 0:
                if (--_code == 0)
                {
                    CodeText.End(_text, _blockStart, _textStart);
                    Kept(2);
                }
                return;
            case HtmlTag.Td or HtmlTag.Th when _table > 0:
                for (int more = Tables.Span(page, nodes[i]); more > 1; more--, _cells++)
                {
                    _text.Space();
                    _text.Raw("| ");
                }
                break;
            case HtmlTag.Tr when _table > 0:
                EndRow();
                return;
            case HtmlTag.Table when _table > 0:
                _table = 0;
                Kept(2);
                return;
        }
        if (_table == 0 && _code == 0)
            EndBlock(Gap(tag));
        else
            _text.Space();
    }

    /// <summary>Writes what stands before the block's first text.</summary>
    private void Prefix(ReadOnlySpan<char> text)
    {
        if (_text.Length != _blockStart || _code > 0 || _table > 0 || text.IsWhiteSpace())
            return;
        if (_items > 0)
        {
            for (int level = 1; level < Math.Min(_lists, 8); level++)
                _text.Raw("  ");
            if (!_itemDue)
                _text.Raw("  ");
            else if (_numbers[_lists] > 0)
            {
                Span<char> number = stackalloc char[16];
                _numbers[_lists]++.TryFormat(number, out int length, default, System.Globalization.CultureInfo.InvariantCulture);
                _text.Raw(number[..length]);
                _text.Raw(". ");
            }
            else
                _text.Raw("- ");
            _itemDue = false;
        }
        else if (_heading > 0)
        {
            _text.Raw("######".AsSpan()[.._heading]);
            _text.Raw(" ");
        }
        _textStart = _text.Length;
    }

    private void LineEnd(Span<HtmlNode> nodes, int i)
    {
        if (_table > 0 || _heading > 0)
        {
            _text.Space();
            return;
        }
        // Two in a row part paragraphs.
        int next = i + 1;
        while (next < nodes.Length && nodes[next].Tag == HtmlTag.Text && nodes[next].Source.End - nodes[next].Source.Start < 3)
            next++;
        EndBlock(next < nodes.Length && nodes[next].Tag == HtmlTag.Br ? 2 : 1);
    }

    private void EndRow()
    {
        bool empty = _text.Written[_blockStart..].Trim("| \n").IsEmpty;
        if (empty)
            _text.CutTo(_blockStart);
        else
        {
            _text.Space();
            _text.Raw("|");
            if (_rows++ == 0 && _headCells == _cells)
            {
                _text.Break(1);
                for (int cell = 0; cell < _cells; cell++)
                    _text.Raw("| --- ");
                _text.Raw("|");
            }
            Kept(1);
        }
        (_table, _cells, _headCells) = (1, 0, 0);
    }

    /// <summary>Ends the line that is being written and decides whether it stays.</summary>
    private void EndBlock(int gap)
    {
        if (_table > 0 || _code > 0)
            return;
        ReadOnlySpan<char> written = _text.Written;
        ReadOnlySpan<char> block = _text.Length > _blockStart ? written[Math.Min(_textStart, written.Length)..].Trim() : default;
        if (block.IsEmpty)
        {
            _text.CutTo(_blockStart);
            Gap(gap);
            return;
        }
        int linked = _linked, heading = _heading;
        _linked = 0;
        Phrase phrase = StockPhrases.Find(block);
        bool links = linked * 2 > block.Length;
        if (phrase != Phrase.None || (_afterRelated && links) || (links && StockPhrases.Invites(block)) || (heading == 0 && StockPhrases.Asks(block)))
        {
            _text.CutTo(_blockStart);
            _afterRelated |= phrase == Phrase.Related;
            _heading = 0;
            return;
        }
        _afterRelated = false;
        if (heading > 0)
        {
            int pending = block.Length <= LongestCaption && heading > 1 ? _blockStart : -1;
            Kept(2);
            _pendingHeading = pending;
            _heading = 0;
            return;
        }
        Kept(gap);
    }

    private void Gap(int lines)
    {
        _text.Break(lines);
        _blockStart = _textStart = _text.Length;
        _linked = _heading = 0;
    }

    private void Kept(int gap)
    {
        _pendingHeading = -1;
        Gap(gap);
    }

    private void CutPendingHeading()
    {
        if (_pendingHeading < 0)
            return;
        _text.CutTo(_pendingHeading);
        _blockStart = _textStart = _text.Length;
        _pendingHeading = -1;
    }

    private int Gap(HtmlTag tag) => _items > 0 || tag is HtmlTag.Li or HtmlTag.Dd or HtmlTag.Dt or HtmlTag.Tr or HtmlTag.Td or HtmlTag.Th ? 1 : 2;
}
