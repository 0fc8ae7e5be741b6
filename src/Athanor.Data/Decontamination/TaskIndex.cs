namespace Athanor.Data.Decontamination;

/// <summary>A run of words that a text shares with a task's question.</summary>
/// <param name="Item">Number of the question's text in the index.</param>
/// <param name="First">The run's first word in the text.</param>
/// <param name="At">Its first word in the question.</param>
/// <param name="Length">Words.</param>
internal readonly record struct SharedRun(int Item, int First, int At, int Length);

/// <summary>
/// The n-grams of tasks' questions. Texts of fewer than n words are found as a whole, if they have enough. A rolling hash finds candidates; the words' own hashes
/// are compared, so a false hit needs 64-bit collisions of a whole run.
/// </summary>
internal sealed class TaskIndex
{
    private const ulong Base = 0x9E3779B97F4A7C15 | 1;
    private const int FilterBits = 22;
    private readonly List<(string Name, ulong[] Words)> _items = [];
    private readonly Dictionary<ulong, int> _first = [];
    private readonly List<(int Item, int At, int Next)> _places = [];
    private readonly ulong[] _filter = new ulong[1 << (FilterBits - 6)];
    private readonly SortedDictionary<int, ulong> _powers = [];
    private int[] _lengths = [];
    private ulong[] _lengthPowers = [];

    /// <summary>N-grams in the index.</summary>
    public int Count => _places.Count;

    /// <summary>Texts in the index.</summary>
    public int Items => _items.Count;

    public string Name(int item) => _items[item].Name;

    public int Words(int item) => _items[item].Words.Length;

    /// <summary>Adds a text.</summary>
    /// <param name="name">What it is found under.</param>
    /// <param name="words">Hashes of its words.</param>
    /// <param name="length">Words of an n-gram.</param>
    /// <param name="least">A shorter text is left out.</param>
    /// <param name="counts">Which n-grams count, by their first word; null for all.</param>
    public void Add(string name, ReadOnlySpan<ulong> words, int length, int least, Func<int, bool>? counts = null)
    {
        length = Math.Min(length, words.Length);
        if (length < least || length == 0)
            return;
        int item = _items.Count;
        _items.Add((name, words.ToArray()));
        for (int at = 0; at + length <= words.Length; at++)
        {
            if (counts?.Invoke(at) == false)
                continue;
            ulong hash = Hash(words.Slice(at, length));
            _places.Add((item, at, _first.TryGetValue(hash, out int next) ? next : -1));
            _first[hash] = _places.Count - 1;
            ulong bit = Bit(hash);
            _filter[bit >> 6] |= 1UL << (int)(bit & 63);
        }
        if (_powers.ContainsKey(length))
            return;
        ulong power = 1;
        for (int i = 0; i < length; i++)
            power *= Base;
        _powers.Add(length, power);
        (_lengths, _lengthPowers) = ([.. _powers.Keys], [.. _powers.Values]);
    }

    /// <summary>Finds all runs that a text shares with questions, each as long as it can be.</summary>
    public void Find(ReadOnlySpan<ulong> words, List<SharedRun> runs)
    {
        runs.Clear();
        for (int i = 0; i < _lengths.Length; i++)
            Find(words, _lengths[i], _lengthPowers[i], runs);
    }

    private void Find(ReadOnlySpan<ulong> words, int length, ulong power, List<SharedRun> runs)
    {
        if (words.Length < length)
            return;
        ulong hash = Hash(words[..length]);
        for (int at = 0; ; at++)
        {
            ulong bit = Bit(hash);
            if ((_filter[bit >> 6] >> (int)(bit & 63) & 1) != 0 && _first.TryGetValue(hash, out int place))
                Hits(words, at, length, place, runs);
            if (at + length == words.Length)
                return;
            hash = hash * Base + words[at + length] - words[at] * power;
        }
    }

    private void Hits(ReadOnlySpan<ulong> words, int at, int length, int place, List<SharedRun> runs)
    {
        for (; place >= 0; place = _places[place].Next)
        {
            (int item, int from, _) = _places[place];
            ReadOnlySpan<ulong> question = _items[item].Words;
            if (from + length > question.Length || !words.Slice(at, length).SequenceEqual(question.Slice(from, length)))
                continue;
            // A run of which this is a later part is there already.
            if (Covered(runs, item, at, from, length))
                continue;
            int more = length + words[(at + length)..].CommonPrefixLength(question[(from + length)..]);
            runs.Add(new SharedRun(item, at, from, more));
        }
    }

    private static bool Covered(List<SharedRun> runs, int item, int at, int from, int length)
    {
        for (int i = runs.Count - 1; i >= 0; i--)
        {
            SharedRun run = runs[i];
            if (run.Item == item && run.First - run.At == at - from && run.First <= at && at + length <= run.First + run.Length)
                return true;
        }
        return false;
    }

    private static ulong Hash(ReadOnlySpan<ulong> words)
    {
        ulong hash = 0;
        foreach (ulong word in words)
            hash = hash * Base + word;
        return hash;
    }

    private static ulong Bit(ulong hash) => (hash ^ (hash >> 31)) * 0xBF58476D1CE4E5B9 >> (64 - FilterBits);
}
