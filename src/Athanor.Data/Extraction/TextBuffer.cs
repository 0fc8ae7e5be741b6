using System.Text;

namespace Athanor.Data.Extraction;

/// <summary>Gathers text: white space folded, character references read, control characters left out.</summary>
/// <param name="capacity">Characters to begin with.</param>
internal sealed class TextBuffer(int capacity = 1 << 14)
{
    private char[] _text = new char[capacity];
    private bool _space;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<char> Written => _text.AsSpan(0, Length);

    /// <summary>How much was written.</summary>
    public int Length { get; private set; }

    /// <summary>Drops what was written behind a place.</summary>
    public void CutTo(int length) => (Length, _space) = (length, false);

    /// <summary>Writes as it is, behind the space that is due.</summary>
    public void Raw(ReadOnlySpan<char> text)
    {
        Reserve(text.Length + 1);
        if (_space)
            _text[Length++] = ' ';
        _space = false;
        text.CopyTo(_text.AsSpan(Length));
        Length += text.Length;
    }

    /// <summary>Asks for a space before the next text, unless a line begins.</summary>
    public void Space() => _space |= Length > 0 && _text[Length - 1] is not ('\n' or ' ');

    /// <summary>Ends the line.</summary>
    /// <param name="lineEnds">1, or 2 for a blank line behind it.</param>
    public void Break(int lineEnds)
    {
        _space = false;
        while (Length > 0 && _text[Length - 1] is ' ' or '\t')
            Length--;
        if (Length == 0)
            return;
        Reserve(2);
        int have = 0;
        while (have < Length && _text[Length - 1 - have] == '\n')
            have++;
        for (; have < lineEnds; have++)
            _text[Length++] = '\n';
    }

    /// <summary>Writes text of a page.</summary>
    /// <param name="text">As it stands there.</param>
    /// <param name="preformatted">Whether white space and line ends stay.</param>
    public void Page(ReadOnlySpan<char> text, bool preformatted)
    {
        Reserve(text.Length + 4);
        Span<char> units = stackalloc char[4];
        while (!text.IsEmpty)
        {
            char c = text[0];
            if (c is > ' ' and < '\u007F' && c != '&')
            {
                // A word's plain part at once.
                int end = text.IndexOfAnyExceptInRange('!', '~');
                int run = end < 0 ? text.Length : end;
                int reference = text[..run].IndexOf('&');
                run = reference > 0 ? reference : run;
                Raw(text[..run]);
                text = text[run..];
                continue;
            }
            if (c == '&' && HtmlEntities.Decode(text, units, out int written) is > 0 and int read)
            {
                foreach (char unit in units[..written])
                    Put(unit, preformatted);
                text = text[read..];
                continue;
            }
            if (char.IsSurrogate(c))
            {
                bool pair = text.Length > 1 && char.IsSurrogatePair(c, text[1]);
                Raw(pair ? text[..2] : "\uFFFD");
                text = text[(pair ? 2 : 1)..];
                continue;
            }
            Put(c, preformatted);
            text = text[1..];
        }
    }

    /// <summary>Writes a code point, white space folded.</summary>
    public void Rune(Rune rune)
    {
        Span<char> units = stackalloc char[2];
        int length = rune.EncodeToUtf16(units);
        if (length == 2)
            Raw(units);
        else
            Put(units[0], preformatted: false);
    }

    private void Put(char c, bool preformatted)
    {
        if (c is '\u200B' or '\uFEFF' or '\u00AD' or '\u2060')
            return;
        if (char.IsWhiteSpace(c))
        {
            if (!preformatted)
                Space();
            else if (c != '\r')
                Raw([c is '\n' or '\t' ? c : ' ']);
        }
        else if (!char.IsControl(c))
            Raw([c]);
    }

    private void Reserve(int more)
    {
        if (Length + more + 2 > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, Length + more + 2));
    }
}
