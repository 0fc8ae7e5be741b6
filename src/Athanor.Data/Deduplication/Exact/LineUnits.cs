using System.Runtime.InteropServices;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Deduplication.Exact;

/// <summary>What is compared within documents.</summary>
public enum LineUnit
{
    /// <summary>What stands between line ends: C4, CCNet and Dolma call it a paragraph.</summary>
    Line,

    /// <summary>What stands between blank lines.</summary>
    Paragraph,
}

/// <summary>Lines or paragraphs, trimmed; folded ones are compared as words without case, accents, punctuation and with 0 for numbers.</summary>
internal sealed class LineUnits(LineUnit unit, bool fold, int leastLength) : ITextUnits
{
    private readonly WordScanner _words = new(CharacterFolds.Datatrove);

    public List<TextUnit128> Cut(Document document)
    {
        var units = new List<TextUnit128>();
        string text = document.Text;
        for (int at = 0; at < text.Length;)
        {
            int end = unit == LineUnit.Line ? NextLine(text, at) : NextParagraph(text, at);
            ReadOnlySpan<char> trimmed = text.AsSpan(at..end).Trim();
            if (trimmed.Length >= Math.Max(1, leastLength) && Hash(trimmed) is { } hash)
                units.Add(new(hash, new TextSpan(at, end - at)));
            at = end;
        }
        return units;
    }

    private UInt128? Hash(ReadOnlySpan<char> trimmed)
    {
        if (!fold)
            return XxHash64.Wide(MemoryMarshal.AsBytes(trimmed));
        _words.Scan(trimmed);
        return _words.Count == 0 ? null : XxHash64.Wide(_words.Bytes);
    }

    private static int NextLine(string text, int at) => text.IndexOf('\n', at) is >= 0 and int line ? line + 1 : text.Length;

    /// <summary>Behind the blank lines that end the paragraph.</summary>
    private static int NextParagraph(string text, int at)
    {
        bool any = false, ending = false;
        while (at < text.Length)
        {
            int end = NextLine(text, at);
            bool blank = text.AsSpan(at..end).IsWhiteSpace();
            if (!blank && ending)
                return at;
            any |= !blank;
            ending = any && blank;
            at = end;
        }
        return at;
    }
}
