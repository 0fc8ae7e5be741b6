using System.Text;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Where <see cref="MetaspacePreTokenizer"/> puts its mark.</summary>
public enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Before the piece at the start of the text only.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}

/// <summary>Writes spaces as a visible mark, puts one before the text and splits before each.</summary>
public sealed record MetaspacePreTokenizer : PreTokenizer
{
    private readonly byte[] _mark;

    public MetaspacePreTokenizer(Rune replacement, PrependScheme prependScheme = PrependScheme.Always, bool split = true)
    {
        (Replacement, PrependScheme, Splits) = (replacement, prependScheme, split);
        _mark = Encoding.UTF8.GetBytes(replacement.ToString());
    }

    /// <summary>The mark, usually U+2581.</summary>
    public Rune Replacement { get; }

    /// <summary>Which pieces get a mark before them.</summary>
    public PrependScheme PrependScheme { get; }

    /// <summary>Whether each mark starts a piece.</summary>
    public bool Splits { get; }

    internal override bool NeedsOrigins => PrependScheme == PrependScheme.First;

    public override void Split(PreTokenizedText text)
    {
        NormalizedText bytes = text.Text;
        foreach (ByteRange piece in text.Pieces)
        {
            int start = bytes.Written;
            ReadOnlySpan<byte> content = bytes.Bytes.Slice(piece.Start, piece.Length);
            bool marked = content[0] == ' ' || content.StartsWith(_mark);
            if (!marked && (PrependScheme == PrependScheme.Always || PrependScheme == PrependScheme.First && text.IsFirst(piece)))
            {
                Utf8Text.Read(content, 0, out int length);
                bytes.Append(_mark, bytes.Origin(piece.Start, length));
            }
            int at = 0;
            for (int found; (found = content[at..].IndexOf((byte)' ')) >= 0; at += found + 1)
            {
                bytes.Keep(piece.Start + at, found);
                bytes.Append(_mark, bytes.Origin(piece.Start + at + found, 1));
            }
            bytes.Keep(piece.Start + at, piece.Length - at);
            text.Add(new ByteRange(start, bytes.Written - start));
        }
        bytes.Commit();
        text.Commit();
        if (Splits)
            SplitBefore(text);
    }

    private void SplitBefore(PreTokenizedText text)
    {
        foreach (ByteRange piece in text.Pieces)
        {
            ReadOnlySpan<byte> content = text.Text.Bytes.Slice(piece.Start, piece.Length);
            int start = 0;
            for (int at = 0, found; (found = content[at..].IndexOf(_mark)) >= 0; at += found + _mark.Length)
            {
                text.Add(new ByteRange(piece.Start + start, at + found - start));
                start = at + found;
            }
            text.Add(new ByteRange(piece.Start + start, piece.Length - start));
        }
        text.Commit();
    }

    public bool Equals(MetaspacePreTokenizer? other) => other is not null
        && (Replacement, PrependScheme, Splits) == (other.Replacement, other.PrependScheme, other.Splits);

    public override int GetHashCode() => HashCode.Combine(Replacement, PrependScheme, Splits);
}
