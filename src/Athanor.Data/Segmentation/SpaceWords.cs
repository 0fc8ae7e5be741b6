using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Athanor.Data.Segmentation;

/// <summary>Words as what lies between white space: Python's <c>str.split()</c>. A worker has its own.</summary>
internal sealed class SpaceWords
{
    /// <summary>What each ASCII character does to its word: traits that it gives in the lower byte, those that it takes in the upper.</summary>
    private static readonly ushort[] AsciiTraits = MakeAsciiTraits();
    private readonly CharacterMasks _masks = new();

    /// <summary>Finds the words of a text. Of words with marks or digits in them only the trait <see cref="WordTraits.Alphabetic"/> is told.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(ReadOnlySpan<char> text, WordTable words)
    {
        CharacterMasks masks = _masks;
        masks.Set(text);
        StopWords.View stops = StopWords.Table;
        ReadOnlySpan<ulong> tops = WordHash.TopPowers;
        bool vectors = Vector512.IsHardwareAccelerated;
        int at = 0;
        while (at < text.Length)
        {
            ulong filled = ~masks.BlankAt(at);
            if ((filled & 1) == 0)
            {
                at += filled == 0 ? 64 : BitOperations.TrailingZeroCount(filled);
                continue;
            }
            int length = BitOperations.TrailingZeroCount(~filled);
            if (length == 64)
            {
                at = Long(text, at, words);
                continue;
            }
            ulong inside = (1UL << length) - 1, other = masks.OtherAt(at) & inside;
            ulong hash = length <= 8 && vectors && at + 8 <= text.Length ? WordHash.OfShort(text, at, length, tops) : WordHash.Of(text.Slice(at, length));
            if (other == 0)
                words.Add(at, length, length, hash, WordTraits.Plain | WordTraits.Alphabetic | WordTraits.Solid | stops.Of(hash));
            else if ((masks.WideAt(at) & inside) == 0)
                words.Add(at, length, length, hash, other == inside ? 0 : WordTraits.Alphabetic);
            else
                Wide(text, at, length, hash, words);
            at += length + 1;
        }
    }

    /// <summary>Finds the words of a text and, as spaCy does, the white space that is more than one blank between two words.</summary>
    public static void ScanWithGaps(ReadOnlySpan<char> text, WordTable words)
    {
        int at = 0;
        while (at < text.Length)
        {
            int gap = at;
            while (at < text.Length && CharacterClasses.IsSpace(text[at]))
                at++;
            if (at > gap)
                AddGap(text, gap, at, words);
            int start = at;
            while (at < text.Length && !CharacterClasses.IsSpace(text[at]))
                at++;
            if (at > start)
                words.Add(start, at - start, CodePoints(text[start..at]), WordHash.Of(text[start..at]), Traits(text[start..at]));
        }
    }

    /// <summary>A word of 64 code units and more.</summary>
    private static int Long(ReadOnlySpan<char> text, int start, WordTable words)
    {
        int end = start;
        while (end < text.Length && !CharacterClasses.IsSpace(text[end]))
            end++;
        ReadOnlySpan<char> word = text[start..end];
        words.Add(start, word.Length, CodePoints(word), WordHash.Of(word), Traits(word));
        return end;
    }

    private static void Wide(ReadOnlySpan<char> text, int start, int length, ulong hash, WordTable words)
    {
        ReadOnlySpan<char> word = text.Slice(start, length);
        words.Add(start, length, CodePoints(word), hash, Traits(word));
    }

    /// <summary>Code points of a string; a lone surrogate counts as one.</summary>
    public static int CodePoints(ReadOnlySpan<char> text)
    {
        int pairs = 0;
        for (int at = text.IndexOfAnyInRange('\uD800', '\uDBFF'); at >= 0 && at + 1 < text.Length;)
        {
            if (char.IsLowSurrogate(text[at + 1]))
                pairs++;
            int next = text[(at + 1)..].IndexOfAnyInRange('\uD800', '\uDBFF');
            at = next < 0 ? -1 : at + 1 + next;
        }
        return text.Length - pairs;
    }

    /// <summary>What a word is, sentence marks included.</summary>
    public static WordTraits Traits(ReadOnlySpan<char> word)
    {
        if (word.Length == 0)
            return WordTraits.Punctuation | WordTraits.Plain;
        uint any = 0;
        foreach (char unit in word)
        {
            if (unit > 127)
                return TraitsOfAny(word);
            any |= AsciiTraits[unit];
        }
        WordTraits given = (WordTraits)(any & 0xFF) & ~(WordTraits)(any >> 8);
        if ((given & WordTraits.SentenceEnd) != 0)
            return word.Length == 1 ? given : given & ~WordTraits.SentenceEnd;
        return (given & WordTraits.Plain) != 0 ? given | StopWords.Table.Of(WordHash.Of(word)) : given;
    }

    private static ushort[] MakeAsciiTraits()
    {
        const WordTraits Taken = WordTraits.Punctuation | WordTraits.Plain;
        var table = new ushort[128];
        for (char unit = '\0'; unit < table.Length; unit++)
        {
            WordTraits traits = TraitsOfAny([unit]) & ~(WordTraits.StopWord | WordTraits.StopWordAnyCase);
            table[unit] = (ushort)((int)traits | (int)(Taken & ~traits) << 8);
        }
        return table;
    }

    private static WordTraits TraitsOfAny(ReadOnlySpan<char> word)
    {
        bool alphabetic = false, solid = false, punctuation = true, plain = true;
        for (int at = 0; at < word.Length;)
        {
            Rune rune = CharacterClasses.RuneAt(word, at, out int units);
            at += units;
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            alphabetic |= category <= UnicodeCategory.OtherLetter;
            punctuation &= category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
            solid |= (CharacterClasses.Of(rune) & (CharacterClass.Punctuation | CharacterClass.Terminal)) == 0;
            plain &= rune.IsAscii && char.IsAsciiLetter((char)rune.Value);
            if (at == word.Length && at == units && (CharacterClasses.Of(rune) & CharacterClass.SentenceEnd) != 0)
                return WordTraits.SentenceEnd | (solid ? WordTraits.Solid : 0) | (punctuation ? WordTraits.Punctuation : 0);
        }
        return (alphabetic ? WordTraits.Alphabetic : 0) | (solid ? WordTraits.Solid : 0) | (punctuation ? WordTraits.Punctuation : 0) | (plain ? WordTraits.Plain | StopWords.Table.Of(WordHash.Of(word)) : 0);
    }

    private static void AddGap(ReadOnlySpan<char> text, int from, int to, WordTable words)
    {
        // One blank behind a word belongs to the word.
        if (text[from] == ' ' && from > 0)
            from++;
        if (to > from)
            words.Add(from, to - from, to - from, 0, WordTraits.Gap);
    }
}
