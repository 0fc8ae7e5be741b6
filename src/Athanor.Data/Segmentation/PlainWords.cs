using System.Runtime.CompilerServices;

namespace Athanor.Data.Segmentation;

/// <summary>
/// What must be known of words that consist of ASCII letters, by their last eight letters as bytes (zeros in front of shorter ones): which are stop words, and which may be among the words that spaCy splits by a list.
/// </summary>
internal static class PlainWords
{
    private const int StopBits = 5, ExceptionBits = 15;
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private static readonly ulong[] StopKeys = new ulong[1 << StopBits];
    private static readonly byte[] StopFlags = new byte[1 << StopBits];
    private static readonly ulong StopMultiplier = FillStopWords();
    private static readonly ulong[] Exceptions = FillExceptions();

    /// <summary>A view of the tables for a loop.</summary>
    public static View Table => new(StopKeys, StopFlags, StopMultiplier, Exceptions);

    /// <summary>The last eight letters of a word.</summary>
    public static ulong Key(ReadOnlySpan<char> word)
    {
        ulong key = 0;
        foreach (char unit in word)
            key = key >> 8 | (ulong)(byte)unit << 56;
        return key;
    }

    /// <summary>The tables.</summary>
    public readonly ref struct View(ulong[] stopKeys, byte[] stopFlags, ulong stopMultiplier, ulong[] exceptions)
    {
        private readonly ReadOnlySpan<ulong> _stopKeys = stopKeys.AsSpan(0, 1 << StopBits), _exceptions = exceptions.AsSpan(0, 1 << (ExceptionBits - 6));
        private readonly ReadOnlySpan<byte> _stopFlags = stopFlags.AsSpan(0, 1 << StopBits);
        private readonly ulong _stopMultiplier = stopMultiplier;

        /// <summary>The bit of a stop word in small letters; 0 for other words.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint StopWord(ulong key)
        {
            int slot = (int)(unchecked(key * _stopMultiplier) >> (64 - StopBits));
            uint flag = _stopFlags[slot];
            return _stopKeys[slot] == key ? flag : 0;
        }

        /// <summary>Whether a word may be an exception: never false for one, and for about one in a hundred of the others true.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MayBeException(ulong key)
        {
            int bit = (int)(unchecked(key * Spread) >> (64 - ExceptionBits));
            return (_exceptions[bit >> 6] >> bit & 1) != 0;
        }
    }

    private static ulong FillStopWords()
    {
        ulong[] keys = [.. StopWords.Words.Select(word => Key(word))];
        // Eight keys in 32 slots: about one multiplier in three keeps them apart.
        for (ulong multiplier = Spread; ; multiplier = unchecked(multiplier * 0xD1342543DE82EF95 + 2))
        {
            int[] slots = [.. keys.Select(key => (int)(unchecked(key * multiplier) >> (64 - StopBits)))];
            if (slots.Distinct().Count() < slots.Length)
                continue;
            for (int i = 0; i < slots.Length; i++)
                (StopKeys[slots[i]], StopFlags[slots[i]]) = (keys[i], (byte)(1 << i));
            return multiplier;
        }
    }

    private static ulong[] FillExceptions()
    {
        var bits = new ulong[1 << (ExceptionBits - 6)];
        foreach (string word in EnglishExceptions.OfLetters)
        {
            int bit = (int)(unchecked(Key(word) * Spread) >> (64 - ExceptionBits));
            bits[bit >> 6] |= 1UL << bit;
        }
        return bits;
    }
}
