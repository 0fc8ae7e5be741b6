using System.Globalization;
using System.Text;

namespace Athanor.Data.Segmentation;

/// <summary>What a character can be, in the senses of the English rules of spaCy 3.8 and of datatrove 0.10.</summary>
[Flags]
internal enum CharacterClass : ushort
{
    None = 0,

    /// <summary>Small letters, and letters of scripts without case.</summary>
    Lower = 1,

    /// <summary>Capitals, and letters of scripts without case.</summary>
    Upper = 2,

    /// <summary>Letters.</summary>
    Alpha = 4,
    Quote = 8,
    Icon = 16,

    /// <summary>Is cut off in front of a word.</summary>
    Prefix = 32,

    /// <summary>Is cut off behind a word.</summary>
    Suffix = 64,
    Currency = 128,

    /// <summary>A full stop behind it is cut off.</summary>
    BeforeStop = 256,

    /// <summary>datatrove's punctuation, control characters included.</summary>
    Punctuation = 512,

    /// <summary>datatrove's terminal punctuation: 159 characters, no quotes.</summary>
    Terminal = 1024,

    /// <summary>Ends a sentence for spaCy's sentencizer when it is a word of its own.</summary>
    SentenceEnd = 2048,
}

/// <summary>
/// The classes of all code points, from a table of runs that was computed from the character sets of spaCy (lang/char_classes.py, MIT licence) and datatrove (utils/text.py, Apache 2.0 licence).
/// </summary>
internal static class CharacterClasses
{
    private const int Plane = 0x10000;
    private static readonly (int Start, ushort Class)[] Astral;
    private static readonly ushort[] Basic = Load(out Astral);

    /// <summary>The classes of a UTF-16 code unit; of surrogates none.</summary>
    public static CharacterClass Of(char unit) => (CharacterClass)Basic[unit];

    /// <summary>The classes of a code point.</summary>
    public static CharacterClass Of(Rune rune)
    {
        if (rune.IsBmp)
            return (CharacterClass)Basic[rune.Value];
        int low = 0, high = Astral.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (Astral[middle].Start <= rune.Value)
                low = middle;
            else
                high = middle - 1;
        }
        return (CharacterClass)Astral[low].Class;
    }

    /// <summary>White space as in Python's str.isspace: Unicode's, and the four separators of ASCII.</summary>
    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\x1c' and <= '\x1f';

    /// <summary>Letters and numbers of all kinds, as in Python's str.isalnum.</summary>
    public static bool IsAlphanumeric(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherLetter or (>= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber);

    /// <summary>The code point that begins at a place; a lone surrogate counts as the replacement character of length 1.</summary>
    public static Rune RuneAt(ReadOnlySpan<char> text, int at, out int units)
    {
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out units);
        return rune;
    }

    /// <summary>The code point that ends before a place.</summary>
    public static Rune RuneBefore(ReadOnlySpan<char> text, int end)
    {
        Rune.DecodeLastFromUtf16(text[..end], out Rune rune, out _);
        return rune;
    }

    private static ushort[] Load(out (int Start, ushort Class)[] astral)
    {
        var basic = new ushort[Plane];
        var above = new List<(int, ushort)>();
        int from = 0;
        ushort current = 0;
        foreach (string line in SegmentationResource.Lines("character-classes"))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            int start = int.Parse(line.AsSpan(0, space), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (from < Plane)
                basic.AsSpan(from, Math.Min(start, Plane) - from).Fill(current);
            if (from < Plane && start >= Plane)
                above.Add((Plane, current));
            current = ushort.Parse(line.AsSpan(space + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            from = start;
            if (start > Plane)
                above.Add((start, current));
        }
        astral = [.. above];
        return basic;
    }
}

/// <summary>Tables that lie in the assembly as text.</summary>
internal static class SegmentationResource
{
    public static IEnumerable<string> Lines(string name)
    {
        using Stream stream = typeof(SegmentationResource).Assembly.GetManifestResourceStream("Athanor.Data.Segmentation." + name)
            ?? throw new InvalidOperationException($"The table '{name}' is missing from the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
