using System.Runtime.CompilerServices;

namespace Athanor.Data.Segmentation;

/// <summary>Gopher's eight stop words, found by the hash of a word in any mixture of small letters and capitals.</summary>
internal static class StopWords
{
    private const int Bits = 10;

    /// <summary>The words, in small letters.</summary>
    public static IReadOnlyList<string> Words { get; } = ["the", "be", "to", "of", "and", "that", "have", "with"];

    private static readonly ulong[] HashTable = new ulong[1 << Bits];
    private static readonly WordTraits[] TraitTable = new WordTraits[1 << Bits];
    private static readonly ulong Multiplier = Fill();

    /// <summary>A view of the table for a loop.</summary>
    public static View Table => new(HashTable, TraitTable, Multiplier);

    /// <summary>The table: each hash has a slot of its own.</summary>
    public readonly ref struct View(ulong[] hashes, WordTraits[] traits, ulong multiplier)
    {
        private readonly ulong[] _hashes = hashes;
        private readonly WordTraits[] _traits = traits;
        private readonly ulong _multiplier = multiplier;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public WordTraits Of(ulong hash)
        {
            int slot = (int)(unchecked(hash * _multiplier) >> (64 - Bits));
            return _hashes[slot] == hash ? _traits[slot] : 0;
        }
    }

    private static ulong Fill()
    {
        var traits = new Dictionary<ulong, WordTraits>();
        foreach (string word in Words)
        {
            for (int capitals = 0; capitals < 1 << word.Length; capitals++)
            {
                string form = string.Create(word.Length, (word, capitals), static (span, state) =>
                {
                    for (int i = 0; i < span.Length; i++)
                        span[i] = (state.capitals >> i & 1) != 0 ? char.ToUpperInvariant(state.word[i]) : state.word[i];
                });
                traits.Add(WordHash.Of(form), capitals == 0 ? WordTraits.StopWord | WordTraits.StopWordAnyCase : WordTraits.StopWordAnyCase);
            }
        }
        // 76 hashes in 1024 slots: about one multiplier in seventeen keeps them apart.
        for (ulong multiplier = 0x9E3779B97F4A7C15; ; multiplier = unchecked(multiplier * 0xD1342543DE82EF95 + 2))
        {
            if (traits.Keys.Select(hash => unchecked(hash * multiplier) >> (64 - Bits)).Distinct().Count() < traits.Count)
                continue;
            foreach ((ulong hash, WordTraits trait) in traits)
                (HashTable[unchecked(hash * multiplier) >> (64 - Bits)], TraitTable[unchecked(hash * multiplier) >> (64 - Bits)]) = (hash, trait);
            return multiplier;
        }
    }
}
