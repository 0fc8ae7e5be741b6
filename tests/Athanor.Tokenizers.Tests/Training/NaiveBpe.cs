using System.Text;

namespace Athanor.Tokenizers.Tests.Training;

/// <summary>The textbook trainer: counts all pairs anew at every step, takes the most frequent one (ties: lowest ids), replaces it from left to right.</summary>
internal static class NaiveBpe
{
    public static List<(int Left, int Right, long Count)> Train(
        IEnumerable<KeyValuePair<byte[], long>> pieces, int merges, long minimumFrequency, int[] byteIds, int maxTokenBytes = int.MaxValue, ISet<string>? forbidden = null)
    {
        var words = pieces.Select(piece => (Ids: piece.Key.Select(value => byteIds[value]).ToList(), Count: piece.Value)).ToList();
        var bytes = new byte[256][];
        for (int value = 0; value < 256; value++)
            bytes[byteIds[value]] = [(byte)value];
        List<byte[]> tokens = [.. bytes];
        List<(int, int, long)> result = [];
        HashSet<(int, int)> never = [];
        while (result.Count < merges)
        {
            var counts = new Dictionary<(int Left, int Right), long>();
            foreach ((List<int> ids, long count) in words)
            {
                for (int i = 0; i + 1 < ids.Count; i++)
                    counts[(ids[i], ids[i + 1])] = counts.GetValueOrDefault((ids[i], ids[i + 1])) + count;
            }
            var candidates = counts.Where(pair => pair.Value >= minimumFrequency && !never.Contains(pair.Key)
                && tokens[pair.Key.Left].Length + tokens[pair.Key.Right].Length <= maxTokenBytes).ToList();
            if (candidates.Count == 0)
                break;
            long best = candidates.Max(pair => pair.Value);
            (int left, int right) = candidates.Where(pair => pair.Value == best).Min(pair => pair.Key);
            byte[] token = [.. tokens[left], .. tokens[right]];
            if (forbidden?.Contains(Encoding.Latin1.GetString(token)) == true)
            {
                never.Add((left, right));
                continue;
            }
            foreach ((List<int> ids, _) in words)
            {
                for (int i = 0; i + 1 < ids.Count; i++)
                {
                    if (ids[i] != left || ids[i + 1] != right)
                        continue;
                    ids[i] = tokens.Count;
                    ids.RemoveAt(i + 1);
                }
            }
            result.Add((left, right, best));
            tokens.Add(token);
        }
        return result;
    }
}
