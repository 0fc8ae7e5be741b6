namespace Athanor.Data.LanguageModels;

/// <summary>
/// The last words at a place of the text, the newest first, as one number: sorted, all n-grams of an order that end alike lie side by side, each n-gram next to its extensions to the left. A window
/// ends early where its sentence begins. Words are stored plus one; 0 is no word.
/// </summary>
internal readonly struct NgramWindow
{
    public NgramWindow(int order)
    {
        Order = order;
        Bits = Math.Min(32, 128 / order);
    }

    public int Order { get; }

    /// <summary>Bits of a word.</summary>
    public int Bits { get; }

    /// <summary>Words that windows of this order can tell apart.</summary>
    public long MostWords => (1L << Bits) - 2;

    /// <summary>Words of a sentence up to and including <paramref name="at"/>; the beginning of the sentence stands at −1.</summary>
    public UInt128 Of(ReadOnlySpan<uint> sentence, int at)
    {
        UInt128 key = 0;
        int place = 0;
        for (; place < Order && at >= 0; place++, at--)
            key = (key << Bits) | (sentence[at] + 1);
        if (place < Order)
        {
            key = (key << Bits) | (NgramVocabulary.Begin + 1);
            place++;
        }
        return key << (Bits * (Order - place));
    }

    /// <summary>Takes a window apart.</summary>
    /// <returns>How many words there are.</returns>
    public int Words(UInt128 key, Span<uint> words)
    {
        ulong mask = (1ul << Bits) - 1;
        for (int i = 0; i < Order; i++)
        {
            ulong word = (ulong)(key >> (Bits * (Order - 1 - i))) & mask;
            if (word == 0)
                return i;
            words[i] = (uint)word - 1;
        }
        return Order;
    }
}
