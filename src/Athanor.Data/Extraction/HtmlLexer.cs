namespace Athanor.Data.Extraction;

/// <summary>What the lexer found.</summary>
internal enum HtmlToken : byte
{
    End, Text, StartTag, EndTag,
}

/// <summary>A range of the page.</summary>
internal readonly record struct Extent(int Start, int End)
{
    public bool IsEmpty => End <= Start;
    public ReadOnlySpan<char> Of(ReadOnlySpan<char> page) => page[Start..End];
}

/// <summary>
/// Cuts a page into text and tags as the HTML standard's tokenizer does, malformed ones too: every character is looked at once, whatever the page holds. Comments, declarations and
/// processing instructions are passed over; the attributes that say what an element is for are noted on the way.
/// </summary>
internal ref struct HtmlLexer(ReadOnlySpan<char> page)
{
    private readonly ReadOnlySpan<char> _page = page;
    private int _at;

    /// <summary>The element of the tag.</summary>
    public HtmlTag Tag { get; private set; }

    /// <summary>The text, or the attributes of the start tag.</summary>
    public Extent Content { get; private set; }

    /// <summary>Where the token begins.</summary>
    public int Start { get; private set; }

    /// <summary>Values of attributes of the start tag; empty where absent.</summary>
    public Extent Class { get; private set; }

    /// <inheritdoc cref="Class"/>
    public Extent Id { get; private set; }

    /// <inheritdoc cref="Class"/>
    public Extent Role { get; private set; }

    /// <inheritdoc cref="Class"/>
    public Extent Style { get; private set; }

    /// <inheritdoc cref="Class"/>
    public Extent Property { get; private set; }

    /// <summary>Whether the start tag says that it is not shown.</summary>
    public bool Hidden { get; private set; }

    /// <summary>Whether the start tag may say who wrote the page, when, or under which licence.</summary>
    public bool Notable { get; private set; }

    /// <summary>Whether the start tag ends in a slash.</summary>
    public bool SelfClosing { get; private set; }

    /// <summary>Finds the next token.</summary>
    public HtmlToken Next()
    {
        ReadOnlySpan<char> page = _page;
        int start = _at;
        int at = start;
        while (true)
        {
            int next = at < page.Length ? page[at..].IndexOf('<') : -1;
            if (next < 0)
                return TextOrEnd(start, page.Length);
            at += next;
            char after = at + 1 < page.Length ? page[at + 1] : '\0';
            if (char.IsAsciiLetter(after) || (after == '/' && at + 2 < page.Length && char.IsAsciiLetter(page[at + 2])))
            {
                if (at > start)
                    return TextOrEnd(start, at);
                Start = at;
                return after == '/' ? ReadEndTag(at + 2) : ReadStartTag(at + 1);
            }
            if (after is '!' or '?' or '/')
            {
                if (at > start)
                    return TextOrEnd(start, at);
                start = at = PassOver(at);
            }
            else
                at++;
        }
    }

    /// <summary>Takes what follows up to the end tag of the element that was just begun, as characters.</summary>
    public Extent ReadRaw(HtmlTag tag, ReadOnlySpan<char> name)
    {
        int start = _at;
        int at = start;
        while (tag != HtmlTag.Plaintext)
        {
            int next = _page[at..].IndexOf("</");
            if (next < 0)
                break;
            at += next + 2;
            int end = at + name.Length;
            if (end < _page.Length && _page[at..end].Equals(name, StringComparison.OrdinalIgnoreCase) && !char.IsAsciiLetterOrDigit(_page[end]))
            {
                int close = _page[end..].IndexOf('>');
                _at = close < 0 ? _page.Length : end + close + 1;
                return new Extent(start, at - 2);
            }
        }
        _at = _page.Length;
        return new Extent(start, _page.Length);
    }

    private HtmlToken TextOrEnd(int start, int end)
    {
        _at = end;
        Start = start;
        Content = new Extent(start, end);
        return end > start ? HtmlToken.Text : HtmlToken.End;
    }

    private readonly int PassOver(int at)
    {
        ReadOnlySpan<char> rest = _page[at..];
        if (rest.StartsWith("<!--"))
        {
            // "<!-->" and "<!--->" are whole comments.
            int begin = rest.Length > 4 && rest[4] == '>' ? 4 : rest.Length > 5 && rest[4] == '-' && rest[5] == '>' ? 5 : -1;
            if (begin > 0)
                return at + begin + 1;
            // "--!>" ends one too. It is looked for up to the regular end alone, so that many comments cost no more than their characters.
            ReadOnlySpan<char> body = rest[4..];
            int end = body.IndexOf("-->"), bang = (end < 0 ? body : body[..end]).IndexOf("--!>");
            return bang >= 0 ? at + 4 + bang + 4 : end < 0 ? _page.Length : at + 4 + end + 3;
        }
        int close = rest.IndexOf('>');
        return close < 0 ? _page.Length : at + close + 1;
    }

    private HtmlToken ReadEndTag(int at)
    {
        int end = NameEnd(at);
        Tag = HtmlTags.Find(_page[at..end]);
        int close = _page[end..].IndexOf('>');
        _at = close < 0 ? _page.Length : end + close + 1;
        return HtmlToken.EndTag;
    }

    private HtmlToken ReadStartTag(int at)
    {
        int end = NameEnd(at);
        Tag = HtmlTags.Find(_page[at..end]);
        (Class, Id, Role, Style, Property, Hidden, Notable, SelfClosing) = (default, default, default, default, default, false, false, false);
        var attributes = new HtmlAttributes(_page, end);
        while (attributes.Next())
        {
            ReadOnlySpan<char> name = attributes.Name;
            if (name.Length > 11)
                continue;
            switch (name[0] | 0x20)
            {
                case 'c' when name.Equals("class", StringComparison.OrdinalIgnoreCase):
                    Class = attributes.Place;
                    break;
                case 'i' when name.Equals("id", StringComparison.OrdinalIgnoreCase):
                    Id = attributes.Place;
                    break;
                case 'i' when name.Equals("itemprop", StringComparison.OrdinalIgnoreCase):
                    Property = attributes.Place;
                    Notable = true;
                    break;
                case 'r' when name.Equals("rel", StringComparison.OrdinalIgnoreCase):
                    Notable |= attributes.Value.Contains("license", StringComparison.OrdinalIgnoreCase) || attributes.Value.Contains("author", StringComparison.OrdinalIgnoreCase);
                    break;
                case 'h' when name.Equals("href", StringComparison.OrdinalIgnoreCase):
                    Notable |= attributes.Value.Contains("creativecommons.org/", StringComparison.OrdinalIgnoreCase);
                    break;
                case 'r' when name.Equals("role", StringComparison.OrdinalIgnoreCase):
                    Role = attributes.Place;
                    break;
                case 's' when name.Equals("style", StringComparison.OrdinalIgnoreCase):
                    Style = attributes.Place;
                    break;
                case 'h' when name.Equals("hidden", StringComparison.OrdinalIgnoreCase):
                    Hidden = !attributes.Value.Equals("false", StringComparison.OrdinalIgnoreCase);
                    break;
                case 'a' when name.Equals("aria-hidden", StringComparison.OrdinalIgnoreCase) && attributes.Value.Equals("true", StringComparison.OrdinalIgnoreCase):
                    Hidden = true;
                    break;
            }
        }
        SelfClosing = attributes.SelfClosing;
        Content = new Extent(end, attributes.At);
        _at = attributes.End;
        return HtmlToken.StartTag;
    }

    private readonly int NameEnd(int at)
    {
        while (at < _page.Length && _page[at] is not (' ' or '>' or '/' or '\n' or '\t' or '\r' or '\f'))
            at++;
        return at;
    }
}
