namespace Athanor.Data.Wiki;

/// <summary>
/// Finds the pages of a MediaWiki dump by their tags, which cannot stand within their texts: so a dump is read from any byte on, a damaged page costs no other one, and
/// each page's place is known.
/// </summary>
internal sealed class WikiPages(Stream stream, long offset, int longest)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>The byte of the page's tag.</summary>
    public long Offset { get; private set; }

    /// <summary>The byte behind the page.</summary>
    public long Next { get; private set; } = offset;

    /// <summary>Whether the page is too long; it is empty then.</summary>
    public bool TooLong { get; private set; }

    /// <summary>Whether the file ends within the page.</summary>
    public bool Unended { get; private set; }

    /// <summary>The page with its tags; valid until the next move.</summary>
    public ReadOnlyMemory<byte> Page { get; private set; }

    /// <summary>Goes to the next page that begins before a byte.</summary>
    public bool Move(long before)
    {
        (TooLong, Unended, Page) = (false, false, default);
        if (!Find("<page>"u8, drop: true, out int at))
            return false;
        Drop(at);
        Offset = Next;
        if (Offset >= before)
            return false;
        Drop("<page>".Length);
        if (!Find("</page>"u8, drop: false, out at))
        {
            Unended = true;
            return true;
        }
        at += "</page>".Length;
        Page = TooLong ? default : _buffer.AsMemory(_start - "<page>".Length, at + "<page>".Length);
        Drop(at);
        return true;
    }

    private bool Find(ReadOnlySpan<byte> tag, bool drop, out int at)
    {
        int searched = 0;
        while ((at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf(tag)) < 0)
        {
            searched = Math.Max(searched, _end - _start - tag.Length + 1);
            if (!drop && searched > longest)
                drop = TooLong = true;
            if (drop)
            {
                Drop(searched);
                searched = 0;
            }
            if (!Fill())
            {
                Drop(_end - _start);
                return false;
            }
        }
        at += searched;
        return true;
    }

    private void Drop(int bytes)
    {
        _start += bytes;
        Next += bytes;
    }

    private bool Fill()
    {
        // The tag before the page's content stays in front of it.
        int keep = Math.Max(0, _start - "<page>".Length);
        if (_end == _buffer.Length)
        {
            byte[] to = keep > 0 ? _buffer : new byte[_buffer.Length * 2];
            _buffer.AsSpan(keep, _end - keep).CopyTo(to);
            (_buffer, _start, _end) = (to, _start - keep, _end - keep);
        }
        int read = _ended ? 0 : stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
        return read > 0;
    }
}
