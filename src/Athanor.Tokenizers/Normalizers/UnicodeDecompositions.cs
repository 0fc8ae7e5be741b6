using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>
/// What Unicode normalization asks of a character (UAX #15): its combining class, its decompositions, what it composes to.
/// .NET's own tables are empty where globalization is invariant, so these are carried along.
/// They know the characters of Unicode 9.0 and leave later ones as they are, because the library that published tokenizers were made with does
/// (Hugging Face's tokenizers, by the crate unicode-normalization-alignments): newer tables would give other ids than the models learned.
/// </summary>
internal static partial class UnicodeDecompositions
{
    public const int HangulBase = 0xAC00, HangulCount = 11172, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7, VowelCount = 21, TailCount = 28;

    private const int PageBits = 7;
    private const ushort CanonicalFlag = 0x100, CompatibleFlag = 0x200, NotComposedFlag = 0x400, MaybeFlag = 0x800, NotComposedCompatibleFlag = 0x1000;

    private static readonly ushort[] _pages = new ushort[0x110000 >> PageBits];   // page of properties of each run of 128 code points
    private static readonly ushort[] _properties;
    private static readonly Dictionary<int, int[]> _canonical = [], _compatible = [];
    private static readonly Dictionary<long, int> _composites = [];

    static UnicodeDecompositions()
    {
        var properties = new Dictionary<int, ushort>();
        void Mark(int codePoint, int bits) => properties[codePoint] = (ushort)(properties.GetValueOrDefault(codePoint) | bits);

        using var source = new DeflateStream(new MemoryStream(Convert.FromBase64String(Packed)), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        source.CopyTo(bytes);
        bytes.Position = 0;
        int Number()
        {
            int value = 0;
            for (int shift = 0; ; shift += 7)
            {
                int next = bytes.ReadByte();
                value |= (next & 0x7F) << shift;
                if (next < 0x80)
                    return value;
            }
        }
        int Difference()
        {
            int value = Number();
            return value >> 1 ^ -(value & 1);
        }
        int[] Run(int start, int length)
        {
            int[] run = new int[length];
            for (int i = 0; i < length; i++)
                run[i] = start += Difference();
            return run;
        }

        for (int count = Number(), at = 0; count > 0; count--)
        {
            at += Number();
            int length = Number(), combiningClass = Number();
            for (; length > 0; length--)
                Mark(at++, combiningClass);
        }
        for (int count = Number(), codePoint = 0; count > 0; count--)
        {
            codePoint += Number();
            int length = Number();
            Mark(codePoint, CanonicalFlag | CompatibleFlag);
            if ((length & 1) != 0)
            {
                _canonical[codePoint] = Run(codePoint, length >> 1);
                Mark(codePoint, NotComposedFlag | NotComposedCompatibleFlag);
                continue;
            }
            int first = codePoint + Difference(), second = 0x300 + Difference();
            _canonical[codePoint] = [first, second];   // made full below
            _composites[Key(first, second)] = codePoint;
            Mark(second, MaybeFlag);
        }
        // Apart, because the pairs are still read while the full ones are made.
        Dictionary<int, int[]> full = [];
        foreach (int codePoint in _composites.Values)
            full[codePoint] = Full(codePoint);
        foreach ((int codePoint, int[] decomposition) in full)
            _canonical[codePoint] = decomposition;
        for (int count = Number(), codePoint = 0; count > 0; count--)
        {
            codePoint += Number();
            _compatible[codePoint] = Run(codePoint, Number());
            Mark(codePoint, CompatibleFlag | NotComposedCompatibleFlag);
        }
        for (int i = 0; i < HangulCount; i++)
            Mark(HangulBase + i, CanonicalFlag | CompatibleFlag);
        for (int i = 0; i < VowelCount; i++)
            Mark(VowelBase + i, MaybeFlag);
        for (int i = 1; i < TailCount; i++)
            Mark(TailBase + i, MaybeFlag);
        _properties = Lay(properties);
    }

    /// <summary>The canonical combining class; 0 for most characters.</summary>
    public static int CombiningClass(int codePoint) => codePoint < 0x300 ? 0 : Properties(codePoint) & 0xFF;

    /// <summary>Whether the character may stand in text of a form, its neighbours aside.</summary>
    public static bool MayStand(int codePoint, UnicodeForm form)
    {
        int forbidden = form switch
        {
            UnicodeForm.Nfc => NotComposedFlag | MaybeFlag,
            UnicodeForm.Nfkc => NotComposedCompatibleFlag | MaybeFlag,
            UnicodeForm.Nfd => CanonicalFlag,
            _ => CompatibleFlag,
        };
        return (Properties(codePoint) & forbidden) == 0;
    }

    /// <summary>Whether a character may become one with what stands before it.</summary>
    public static bool ComposesBackward(int codePoint) => (Properties(codePoint) & MaybeFlag) != 0;

    /// <summary>The full decomposition; empty for a character that is its own. Hangul syllables are not in the table.</summary>
    public static ReadOnlySpan<int> Decomposition(int codePoint, bool compatible)
    {
        int flags = Properties(codePoint);
        if ((flags & (compatible ? CompatibleFlag : CanonicalFlag)) == 0)
            return default;
        if (compatible && _compatible.TryGetValue(codePoint, out int[]? found))
            return found;
        return _canonical.TryGetValue(codePoint, out found) ? found : default;
    }

    /// <summary>The character that two compose to, or -1.</summary>
    public static int Compose(int first, int second)
    {
        if ((uint)(first - LeadBase) < 19 && (uint)(second - VowelBase) < VowelCount)
            return HangulBase + ((first - LeadBase) * VowelCount + (second - VowelBase)) * TailCount;
        if ((uint)(first - HangulBase) < HangulCount && (first - HangulBase) % TailCount == 0 && (uint)(second - TailBase - 1) < TailCount - 1)
            return first + (second - TailBase);
        return _composites.GetValueOrDefault(Key(first, second), -1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Properties(int codePoint) => _properties[_pages[codePoint >> PageBits] << PageBits | codePoint & (1 << PageBits) - 1];

    private static long Key(int first, int second) => (long)first << 32 | (uint)second;

    private static int[] Full(int codePoint) =>
        !_canonical.TryGetValue(codePoint, out int[]? parts) ? [codePoint]
        : _composites.GetValueOrDefault(Key(parts[0], parts[^1]), -1) == codePoint ? [.. Full(parts[0]), parts[^1]]
        : parts;

    private static ushort[] Lay(Dictionary<int, ushort> properties)
    {
        List<ushort> laid = [.. new ushort[1 << PageBits]];   // the page of characters without any property
        foreach (IGrouping<int, KeyValuePair<int, ushort>> page in properties.GroupBy(entry => entry.Key >> PageBits).OrderBy(page => page.Key))
        {
            _pages[page.Key] = (ushort)(laid.Count >> PageBits);
            var values = new ushort[1 << PageBits];
            foreach ((int codePoint, ushort value) in page)
                values[codePoint & (1 << PageBits) - 1] = value;
            laid.AddRange(values);
        }
        return [.. laid];
    }
}
