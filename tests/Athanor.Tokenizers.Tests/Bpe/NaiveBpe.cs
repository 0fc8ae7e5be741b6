using Athanor.Tokenizers.Bpe;

namespace Athanor.Tokenizers.Tests.Bpe;

/// <summary>Byte pair encoding as the textbook has it: look at all neighbours, merge the leftmost pair of the lowest rank, begin again.</summary>
internal sealed class NaiveBpe(Vocabulary vocabulary, IReadOnlyList<(int Left, int Right)> merges, bool wholeFirst)
{
    private readonly Dictionary<(int, int), int> _ranks = merges.Select((merge, rank) => (merge, rank)).ToDictionary(pair => pair.merge, pair => pair.rank);

    public List<int> Encode(ReadOnlySpan<byte> piece)
    {
        if (wholeFirst && vocabulary.TryGetId(piece, out int whole))
            return [whole];
        var ids = new List<int>();
        foreach (byte value in piece)
            ids.Add(vocabulary.TryGetId([value], out int id) ? id : -1 - value);
        while (true)
        {
            int best = -1, lowest = int.MaxValue;
            for (int i = 0; i + 1 < ids.Count; i++)
            {
                if (_ranks.TryGetValue((ids[i], ids[i + 1]), out int rank) && rank < lowest)
                    (best, lowest) = (i, rank);
            }
            if (best < 0)
                break;
            byte[] joined = [.. vocabulary[ids[best]], .. vocabulary[ids[best + 1]]];
            Assert.True(vocabulary.TryGetId(joined, out int merged));
            ids[best] = merged;
            ids.RemoveAt(best + 1);
        }
        ids.RemoveAll(id => id < 0);
        return ids;
    }
}

/// <summary>Random vocabularies and merges.</summary>
internal sealed record RandomBpe(Vocabulary Vocabulary, List<(int Left, int Right)> Merges)
{
    // One letter, few, more, and bytes of characters of two, three and four bytes in any order.
    private static readonly byte[][] Alphabets =
    [
        [.. "a"u8], [.. "ab "u8], [.. "abcde \n'"u8], [.. "aaaaab"u8], [0xD0, 0xB0, 0xD1, 0x81], [0xE3, 0x81, 0x82, 0x83, 0x84], [0xE3, 0x81, 0x82, 0xF0, 0x9F, 0x98, 0x20], [0xE3, 0x81], [0x80, 0x81],
    ];

    /// <summary>Merges of random tokens made before; optionally in an order that has nothing to do with how tokens are made, with several ways to one token, and with bytes missing.</summary>
    public static RandomBpe Create(Random random, int merges, bool trained, bool allBytes = true)
    {
        byte[] letters = Alphabets[random.Next(Alphabets.Length)];
        var tokens = new List<byte[]>();
        for (int value = 0; value < 256; value++)
        {
            if (allBytes || value == letters[0] || random.Next(4) > 0)
                tokens.Add([(byte)value]);
        }
        int[] order = [.. Enumerable.Range(0, tokens.Count)];
        random.Shuffle(order);
        tokens = [.. order.Select(i => tokens[i])];
        var ids = new Dictionary<string, int>();
        for (int i = 0; i < tokens.Count; i++)
            ids.Add(Convert.ToHexString(tokens[i]), i);
        var list = new List<(int, int)>();
        var given = new HashSet<(int, int)>();
        List<int> useful = [.. letters.Select(c => ids.GetValueOrDefault(c.ToString("X2"), -1)).Where(id => id >= 0)];
        for (int k = 0; k < merges * 3 && list.Count < merges; k++)
        {
            int left = useful[random.Next(useful.Count)], right = useful[random.Next(useful.Count)];
            byte[] joined = [.. tokens[left], .. tokens[right]];
            string key = Convert.ToHexString(joined);
            bool known = ids.TryGetValue(key, out int id);
            if (joined.Length > 200 || !given.Add((left, right)) || (known && trained))
                continue;
            if (!known)
            {
                ids.Add(key, id = tokens.Count);
                tokens.Add(joined);
                useful.Add(id);
            }
            list.Add((left, right));
        }
        if (!trained)
        {
            (int, int)[] shuffled = [.. list];
            random.Shuffle(shuffled);
            list = [.. shuffled];
        }
        return new RandomBpe(new Vocabulary(tokens.Select((token, id) => KeyValuePair.Create(id, token))), list);
    }

    public static byte[] Text(Random random, int length)
    {
        byte[] letters = Alphabets[random.Next(Alphabets.Length)];
        var text = new byte[length];
        for (int i = 0; i < length; i++)
            text[i] = random.Next(200) == 0 ? (byte)random.Next(256) : letters[random.Next(letters.Length)];
        return text;
    }

    /// <summary>A text of tokens and parts of them.</summary>
    public byte[] Tokens(Random random, int count)
    {
        var text = new List<byte>();
        for (int i = 0; i < count && text.Count < 600; i++)
        {
            byte[] token = Vocabulary[Vocabulary.Count - 1 - random.Next(Math.Min(Vocabulary.Count, 1 + Merges.Count))].ToArray();
            text.AddRange(random.Next(3) == 0 ? token[..random.Next(1, token.Length + 1)] : token);
        }
        return [.. text];
    }

    public ByteLevelBpe Model(bool wholeFirst) => ByteLevelBpe.FromMerges(Vocabulary, Merges, wholeFirst);
}
