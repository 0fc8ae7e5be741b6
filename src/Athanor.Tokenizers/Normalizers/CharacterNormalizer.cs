using System.Text;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>A normalizer that looks at one character at a time: keeps it, drops it or writes others in its place.</summary>
public abstract record CharacterNormalizer : Normalizer
{
    /// <summary>The result of <see cref="Map"/> that drops a character.</summary>
    protected const int Dropped = -2;

    /// <summary>The result of <see cref="Map"/> for a character that <see cref="Expand"/> writes.</summary>
    protected const int Expanded = -3;

    /// <summary>Whether <see cref="Map"/> keeps every ASCII character but those in <see cref="ChangesAscii"/>; lets runs of ASCII pass at once.</summary>
    private protected virtual System.Buffers.SearchValues<byte>? ChangesAscii => null;

    /// <summary>What takes the place of a code point; the code point itself where it stays.</summary>
    protected abstract int Map(int codePoint);

    /// <summary>Writes the characters that take the place of <paramref name="codePoint"/> (UTF-8, at most 16 bytes) and gives their length.</summary>
    protected virtual int Expand(int codePoint, Span<byte> to) => 0;

    public sealed override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        Span<byte> written = stackalloc byte[16];
        int kept = 0;
        for (int at = FirstChange(bytes, 0); at < bytes.Length; at = FirstChange(bytes, at))
        {
            int codePoint = Utf8Text.Read(bytes, at, out int length);
            text.Keep(kept, at - kept);
            int mapped = Map(codePoint);
            if (mapped != Dropped)
            {
                int count = mapped == Expanded ? Expand(codePoint, written) : new Rune(mapped).EncodeToUtf8(written);
                text.Append(written[..count], text.Origin(at, length));
            }
            kept = at += length;
        }
        text.Keep(kept, bytes.Length - kept);
        text.Commit();
    }

    public sealed override bool Leaves(ReadOnlySpan<byte> text) => FirstChange(text, 0) == text.Length;

    private int FirstChange(ReadOnlySpan<byte> bytes, int at)
    {
        while (at < bytes.Length)
        {
            if (ChangesAscii is { } changing)
            {
                int skip = bytes[at..].IndexOfAny(changing);
                if (skip < 0)
                    return bytes.Length;
                at += skip;
            }
            int codePoint = Utf8Text.Read(bytes, at, out int length);
            if (codePoint >= 0 && Map(codePoint) != codePoint)
                return at;
            at += length;
        }
        return at;
    }
}
