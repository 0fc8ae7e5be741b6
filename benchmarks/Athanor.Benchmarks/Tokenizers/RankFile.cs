using System.Globalization;
using System.Text.Json;
using Athanor.Tokenizers;

namespace Athanor.Benchmarks.Tokenizers;

/// <summary>Tokens and pattern of a vocabulary as tiktoken's npm package ships them (<c>encoders/*.json</c>), or of a <c>.tiktoken</c> file.</summary>
internal sealed record RankFile(string Name, Vocabulary Vocabulary, string Pattern)
{
    private const string Cl100k = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static RankFile Read(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        if (Path.GetExtension(path) != ".json")
        {
            return new RankFile(name, new Vocabulary(File.ReadLines(path).Where(line => line.Length > 0).Select(line => line.Split(' '))
                .Select(parts => KeyValuePair.Create(int.Parse(parts[1], CultureInfo.InvariantCulture), Convert.FromBase64String(parts[0])))), Cl100k);
        }
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        return new RankFile(name, new Vocabulary(Tokens(json.RootElement.GetProperty("bpe_ranks").GetString()!)), json.RootElement.GetProperty("pat_str").GetString()!);
    }

    /// <summary>Lines of a name, the first rank and the tokens from there on in base64.</summary>
    private static IEnumerable<KeyValuePair<int, byte[]>> Tokens(string ranks)
    {
        foreach (string line in ranks.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            int first = int.Parse(parts[1], CultureInfo.InvariantCulture);
            for (int i = 2; i < parts.Length; i++)
                yield return KeyValuePair.Create(first + i - 2, Convert.FromBase64String(parts[i]));
        }
    }
}
