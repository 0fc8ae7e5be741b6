namespace Athanor.Data.Tests.LanguageModels;

/// <summary>
/// Interpolated modified Kneser-Ney straight from the formulas of Chen and Goodman (1998), over dictionaries of strings, in recursion: no sorting, no hashing, no backoff form.
/// </summary>
internal sealed class NaiveKneserNey
{
    private readonly int _order;
    private readonly Dictionary<string, long>[] _counts;
    private readonly double[][] _discounts;
    private readonly HashSet<string> _words = ["<unk>", "</s>"];

    public NaiveKneserNey(int order, IEnumerable<string[]> sentences)
    {
        _order = order;
        var raw = Enumerable.Range(0, order + 1).Select(_ => new Dictionary<string, long>()).ToArray();
        var left = Enumerable.Range(0, order + 1).Select(_ => new Dictionary<string, HashSet<string>>()).ToArray();
        foreach (string[] sentence in sentences)
        {
            string[] all = ["<s>", .. sentence, "</s>"];
            _words.UnionWith(sentence);
            for (int end = 1; end < all.Length; end++)
            {
                for (int n = 1; n <= order && end - n + 1 >= 0; n++)
                {
                    string gram = string.Join(' ', all[(end - n + 1)..(end + 1)]);
                    raw[n][gram] = raw[n].GetValueOrDefault(gram) + 1;
                    if (end - n >= 0)
                    {
                        if (!left[n].TryGetValue(gram, out HashSet<string>? words))
                            left[n].Add(gram, words = []);
                        words.Add(all[end - n]);
                    }
                }
            }
        }
        _counts = new Dictionary<string, long>[order + 1];
        _discounts = new double[order + 1][];
        for (int n = 1; n <= order; n++)
        {
            _counts[n] = raw[n].ToDictionary(pair => pair.Key, pair => n == order || pair.Key.StartsWith("<s> ", StringComparison.Ordinal) ? pair.Value : left[n][pair.Key].Count);
            double[] having = [.. Enumerable.Range(0, 5).Select(count => (double)_counts[n].Values.Count(value => value == count))];
            double y = having[1] / (having[1] + 2 * having[2]);
            _discounts[n] = [0, 1 - 2 * y * having[2] / having[1], 2 - 3 * y * having[3] / having[2], 3 - 4 * y * having[4] / having[3]];
            if (_discounts[n].Any(discount => !double.IsFinite(discount) || discount < 0) || having[1..4].Any(count => count == 0))
                _discounts[n] = [0, 0.5, 1, 1.5];
        }
    }

    /// <summary>Every word that can be predicted.</summary>
    public IEnumerable<string> Words => _words;

    public double Probability(string word, params string[] history)
    {
        if (history.Length >= _order)
            history = history[^(_order - 1)..];
        int n = history.Length + 1;
        string before = history.Length == 0 ? "" : string.Join(' ', history) + " ";
        long[] behind = [.. _counts[n].Where(pair => pair.Key.StartsWith(before, StringComparison.Ordinal) && !pair.Key[before.Length..].Contains(' ', StringComparison.Ordinal)).Select(pair => pair.Value)];
        double shorter = n == 1 ? 1.0 / _words.Count : Probability(word, history[1..]);
        if (behind.Length == 0)
            return shorter;
        double sum = behind.Sum(), lost = behind.Sum(count => _discounts[n][Math.Min(count, 3)]);
        long own = _counts[n].GetValueOrDefault(before + word);
        return (own - _discounts[n][Math.Min(own, 3)]) / sum + lost / sum * shorter;
    }
}
