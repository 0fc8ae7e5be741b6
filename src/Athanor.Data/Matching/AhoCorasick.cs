namespace Athanor.Data.Matching;

/// <summary>
/// Finds all of many words in one pass over a text (Aho and Corasick 1975), each character costing one look-up. Words are of ASCII letters, in either case, and digits; any other
/// character of the text stands between words.
/// </summary>
internal sealed class AhoCorasick
{
    private const int Symbols = 37;
    private static readonly byte[] SymbolOf = MakeSymbols();
    private readonly int[] _next;
    private readonly int[] _word;
    private readonly int[] _shorter;

    /// <summary>Builds the machine.</summary>
    /// <param name="words">Of ASCII letters and digits, none empty; of equal ones the first counts.</param>
    /// <exception cref="ArgumentException">A word holds something else.</exception>
    public AhoCorasick(IReadOnlyList<string> words)
    {
        int states = 1 + words.Sum(word => word.Length);
        var trie = new int[states * Symbols];
        _word = new int[states];
        _shorter = new int[states];
        Array.Fill(_word, -1);
        Lengths = [.. words.Select(word => word.Length)];
        int count = 1;
        for (int i = 0; i < words.Count; i++)
        {
            int state = 0;
            foreach (char c in words[i])
            {
                int symbol = c < 128 ? SymbolOf[c] : 0;
                if (symbol == 0)
                    throw new ArgumentException($"'{words[i]}' is no word of ASCII letters and digits.", nameof(words));
                ref int next = ref trie[state * Symbols + symbol];
                if (next == 0)
                    next = count++;
                state = next;
            }
            if (words[i].Length == 0)
                throw new ArgumentException("A word is empty.", nameof(words));
            if (_word[state] < 0)
                _word[state] = i;
        }
        _next = trie[..(count * Symbols)];
        var fail = new int[count];
        var queue = new Queue<int>();
        queue.Enqueue(0);
        while (queue.TryDequeue(out int state))
        {
            for (int symbol = 1; symbol < Symbols; symbol++)
            {
                ref int next = ref _next[state * Symbols + symbol];
                int other = state == 0 ? 0 : _next[fail[state] * Symbols + symbol];
                if (next == 0)
                {
                    next = other;
                    continue;
                }
                fail[next] = other;
                _shorter[next] = _word[other] >= 0 ? other : _shorter[other];
                queue.Enqueue(next);
            }
        }
    }

    /// <summary>Lengths of the words.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>The state behind a character; 0 at the beginning.</summary>
    public int Step(int state, char c) => _next[state * Symbols + (c < 128 ? SymbolOf[c] : 0)];

    /// <summary>The first state, this one or one of its suffixes, at which a word ends; 0 where there is none.</summary>
    public int Ending(int state) => _word[state] >= 0 ? state : _shorter[state];

    /// <summary>The next shorter ending behind one; 0 behind the last.</summary>
    public int Shorter(int ending) => _shorter[ending];

    /// <summary>The word that ends at a state that <see cref="Ending"/> or <see cref="Shorter"/> gave.</summary>
    public int WordOf(int ending) => _word[ending];

    /// <summary>The first word that ends in a text, or -1.</summary>
    /// <param name="text">The text.</param>
    /// <param name="end">Behind the word.</param>
    public int Find(ReadOnlySpan<char> text, out int end)
    {
        int state = 0;
        for (int i = 0; i < text.Length; i++)
        {
            state = Step(state, text[i]);
            if (Ending(state) is > 0 and int ending)
            {
                end = i + 1;
                return _word[ending];
            }
        }
        end = 0;
        return -1;
    }

    private static byte[] MakeSymbols()
    {
        var symbols = new byte[128];
        for (int i = 0; i < 26; i++)
            symbols['a' + i] = symbols['A' + i] = (byte)(1 + i);
        for (int i = 0; i < 10; i++)
            symbols['0' + i] = (byte)(27 + i);
        return symbols;
    }
}
