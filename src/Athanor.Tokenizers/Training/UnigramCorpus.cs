using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// The distinct words of a corpus as numbers of characters, 1 for the most frequent one. Characters outside the coverage and bytes that are not UTF-8 end a
/// word, as no piece may hold them.
/// </summary>
internal sealed class UnigramCorpus
{
    public const int Space = 0x2581;

    public UnigramCorpus(PieceCounts pieces, double coverage, CancellationToken cancellation)
    {
        var counts = new Dictionary<int, long>();
        for (int i = 0; i < pieces.Length; i++)
        {
            if ((i & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            var word = new WordRunes(pieces[i]);
            while (word.Next(out int rune))
            {
                if (rune >= 0)
                    counts[rune] = checked(counts.GetValueOrDefault(rune) + pieces.Count(i));
            }
        }
        int[] sorted = [.. counts.Keys];
        Array.Sort(sorted, (a, b) => counts[a] != counts[b] ? counts[b].CompareTo(counts[a]) : a.CompareTo(b));
        UInt128 all = 0, covered = 0;
        foreach (int rune in sorted)
            all += (ulong)counts[rune];
        List<int> kept = [];
        foreach (int rune in sorted)
        {
            // The mark of a word's beginning is covered always.
            if (rune != Space && (double)covered >= coverage * (double)all && coverage < 1)
                continue;
            kept.Add(rune);
            covered += (ulong)counts[rune];
        }
        Characters = [0, .. kept];
        CharacterCounts = [0, .. kept.Select(rune => counts[rune])];
        IsLetter = new bool[Characters.Length];
        var numbers = new Dictionary<int, int>(kept.Count);
        for (int number = 1; number < Characters.Length; number++)
        {
            numbers.Add(Characters[number], number);
            IsLetter[number] = Rune.GetUnicodeCategory(new Rune(Characters[number])) is >= UnicodeCategory.UppercaseLetter and <= UnicodeCategory.EnclosingMark;
            if (Characters[number] == Space)
                SpaceNumber = number;
        }

        // Every word is followed by a 0.
        long size = 1;
        for (int i = 0; i < pieces.Length; i++)
            size += pieces[i].Length + 4;   // at most a character a byte, the mark and the end
        if (size > Array.MaxLength)
            throw new InvalidOperationException($"The distinct words have {size} bytes, more than training can index. Raise MinimumCount when counting, which leaves rare ones out.");
        Text = new int[size];
        List<int> starts = [];
        List<long> weights = [];
        int at = 1;
        for (int i = 0; i < pieces.Length; i++)
        {
            int start = at;
            var word = new WordRunes(pieces[i]);
            while (word.Next(out int rune))
            {
                if (numbers.TryGetValue(rune, out int number))
                    Text[at++] = number;
                else
                    Close();
            }
            Close();

            void Close()
            {
                if (at == start)
                    return;
                starts.Add(start);
                weights.Add(pieces.Count(i));
                start = ++at;
            }
        }
        Text = Text[..at];
        Starts = [.. starts];
        Weights = [.. weights];
    }

    /// <summary>Code points by number; entry 0 is none.</summary>
    public int[] Characters { get; }

    /// <summary>How often each occurs.</summary>
    public long[] CharacterCounts { get; }

    /// <summary>Letters and marks, by number.</summary>
    public bool[] IsLetter { get; }

    /// <summary>The number of the mark of a word's beginning, or 0.</summary>
    public int SpaceNumber { get; }

    /// <summary>All words, each between zeros.</summary>
    public int[] Text { get; }

    /// <summary>Where each word starts.</summary>
    public int[] Starts { get; }

    /// <summary>How often each occurs.</summary>
    public long[] Weights { get; }

    /// <summary>The end of word <paramref name="index"/>.</summary>
    public int End(int index) => (index + 1 < Starts.Length ? Starts[index + 1] : Text.Length) - 1;

    /// <summary>The UTF-8 of a string of characters.</summary>
    public byte[] Encode(ReadOnlySpan<int> characters)
    {
        byte[] bytes = new byte[4 * characters.Length];
        int length = 0;
        foreach (int number in characters)
            length += new Rune(Characters[number]).EncodeToUtf8(bytes.AsSpan(length));
        return bytes[..length];
    }

    /// <summary>The characters of a word; a leading space becomes the mark, and a word without one stood at a document's beginning and gets it.</summary>
    private ref struct WordRunes(ReadOnlySpan<byte> word)
    {
        private ReadOnlySpan<byte> _rest = word;
        private bool _begun;

        /// <summary>The next code point, -1 for a byte that is not UTF-8; false at the end.</summary>
        public bool Next(out int rune)
        {
            if (!_begun)
            {
                _begun = true;
                rune = Space;
                if (_rest.Length > 0 && _rest[0] == ' ')
                    _rest = _rest[1..];
                return true;
            }
            if (_rest.IsEmpty)
            {
                rune = 0;
                return false;
            }
            bool valid = Rune.DecodeFromUtf8(_rest, out Rune value, out int length) == System.Buffers.OperationStatus.Done;
            rune = !valid ? -1 : value.Value == ' ' ? Space : value.Value;
            _rest = _rest[length..];
            return true;
        }
    }
}
