namespace Athanor.Data.Extraction;

/// <summary>Goes through the attributes of a start tag, with the standard's rules for malformed ones.</summary>
/// <param name="page">The page.</param>
/// <param name="start">Behind the element's name.</param>
internal ref struct HtmlAttributes(ReadOnlySpan<char> page, int start)
{
    private readonly ReadOnlySpan<char> _page = page;
    private int _at = start;

    /// <summary>The name as written.</summary>
    public ReadOnlySpan<char> Name { get; private set; }

    /// <summary>Where the value stands.</summary>
    public Extent Place { get; private set; }

    /// <summary>The value as written, with its entities.</summary>
    public readonly ReadOnlySpan<char> Value => Place.Of(_page);

    /// <summary>Whether a slash ends the tag.</summary>
    public bool SelfClosing { get; private set; }

    /// <summary>Where the tag's closing bracket is, or the page's end, once <see cref="Next"/> has said false.</summary>
    public readonly int At => _at;

    /// <summary>Behind the tag, once <see cref="Next"/> has said false.</summary>
    public readonly int End => Math.Min(_at + 1, _page.Length);

    /// <summary>Goes to the next attribute.</summary>
    public bool Next()
    {
        ReadOnlySpan<char> page = _page;
        int at = _at;
        while (at < page.Length && (page[at] == '/' || IsSpace(page[at])))
            at++;
        if (at >= page.Length || page[at] == '>')
        {
            SelfClosing = at > 0 && at < page.Length && page[at - 1] == '/';
            _at = Math.Min(at, page.Length);
            return false;
        }
        int begin = at++;
        while (at < page.Length && page[at] is not ('=' or '>' or '/') && !IsSpace(page[at]))
            at++;
        Name = page[begin..at];
        while (at < page.Length && IsSpace(page[at]))
            at++;
        if (at >= page.Length || page[at] != '=')
        {
            (_at, Place) = (at, default);
            return true;
        }
        at++;
        while (at < page.Length && IsSpace(page[at]))
            at++;
        if (at < page.Length && page[at] is '"' or '\'')
        {
            int close = page[(at + 1)..].IndexOf(page[at]);
            int end = close < 0 ? page.Length : at + 1 + close;
            (Place, _at) = (new Extent(at + 1, end), Math.Min(end + 1, page.Length));
            return true;
        }
        begin = at;
        while (at < page.Length && page[at] != '>' && !IsSpace(page[at]))
            at++;
        (Place, _at) = (new Extent(begin, at), at);
        return true;
    }

    /// <summary>The value of a named attribute, as written; empty where it is absent.</summary>
    /// <param name="page">The page.</param>
    /// <param name="attributes">The tag's attributes.</param>
    /// <param name="name">The name.</param>
    public static Extent Find(ReadOnlySpan<char> page, Extent attributes, ReadOnlySpan<char> name)
    {
        var all = new HtmlAttributes(page[..attributes.End], attributes.Start);
        while (all.Next())
        {
            if (all.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return all.Place;
        }
        return default;
    }

    private static bool IsSpace(char c) => c is ' ' or '\n' or '\t' or '\r' or '\f';
}
