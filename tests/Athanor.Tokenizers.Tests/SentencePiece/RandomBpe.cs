using System.Text;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Tests.SentencePiece;

/// <summary>Random vocabularies and merges over a small alphabet of one- to four-byte characters, grown as a trainer grows them.</summary>
internal sealed class RandomBpe
{
    public static readonly string[] Alphabet = ["a", "b", "c", "d", "\u2581", "\u00E9", "\u4E2D", "\U0001F600"];

    public Dictionary<string, int> Vocabulary { get; } = [];

    public List<(string, string)> Merges { get; } = [];

    public RandomBpe(Random random, int letters, int merges, bool bytes, bool shuffled, string prefix = "", string suffix = "")
    {
        Add("<unk>");
        for (int value = 0; bytes && value < 256; value++)
            Add($"<0x{value:X2}>");
        var tokens = new List<string>();
        foreach (string letter in Alphabet.Take(letters))
        {
            foreach (string form in new[] { letter, prefix + letter, letter + suffix, prefix + letter + suffix }.Distinct())
            {
                Add(form);
                tokens.Add(form);
            }
        }
        for (int i = 0; i < merges; i++)
        {
            (string left, string right) = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
            if (prefix.Length > 0 && !right.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            if (suffix.Length > 0 && left.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            string joined = left + right[prefix.Length..];
            if (joined.Length > 24 || Merges.Contains((left, right)))
                continue;
            Merges.Add((left, right));
            if (Add(joined))
                tokens.Add(joined);
        }
        if (shuffled)
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Merges));
    }

    public CharacterBpe Build(CharacterBpeOptions options) =>
        new(new Vocabulary(Vocabulary.Select(pair => KeyValuePair.Create(pair.Value, Encoding.UTF8.GetBytes(pair.Key)))),
            [.. Merges.Select(merge => (Vocabulary[merge.Item1], Vocabulary[merge.Item2]))], options);

    public static string Text(Random random, int letters, int length)
    {
        var text = new StringBuilder();
        int repeats = random.Next(4);
        while (text.Length < length)
        {
            string letter = Alphabet[random.Next(letters)];
            for (int i = random.Next(1, 2 + 3 * repeats); i > 0; i--)
                text.Append(letter);
        }
        return text.ToString();
    }

    private bool Add(string token) => Vocabulary.TryAdd(token, Vocabulary.Count);
}
