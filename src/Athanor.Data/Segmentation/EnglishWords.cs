using System.Runtime.CompilerServices;

namespace Athanor.Data.Segmentation;

/// <summary>
/// Words as datatrove's English tokenizer makes them: spaCy 3.8's blank English pipeline. Words of letters are taken as they are, all others are split once and remembered, so that running text
/// costs little more than finding its white space. Not thread-safe: a worker has its own.
/// </summary>
internal sealed class EnglishWords
{
    private const int SlotBits = 15, LongestRemembered = 48, MostParts = 1 << 18;
    private readonly Slot[] _slots = new Slot[1 << SlotBits];
    private readonly List<int> _ends = [];
    private readonly WordTable _piece = new();
    private readonly bool[] _maybeException = new bool[1 << 12];
    private WordTable.Part[] _parts = new WordTable.Part[4096];
    private int _partCount;

    /// <summary>A piece of text that was split before: its hash and the place of its words.</summary>
    private struct Slot
    {
        public ulong Key;
        public int First;
        public int Count;
    }

    public EnglishWords()
    {
        foreach (string word in EnglishExceptions.OfLetters)
            _maybeException[ExceptionSlot(WordHash.Of(word))] = true;
    }

    /// <summary>Splits words between white space further.</summary>
    /// <param name="text">The text.</param>
    /// <param name="spaced">What <see cref="SpaceWords"/> found in it; gaps are taken over.</param>
    /// <param name="words">Takes the words after what is in it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Split(ReadOnlySpan<char> text, WordTable spaced, WordTable words)
    {
        ReadOnlySpan<int> starts = spaced.Starts, units = spaced.Units, points = spaced.Points;
        ReadOnlySpan<ulong> hashes = spaced.Hashes;
        ReadOnlySpan<WordTraits> traits = spaced.Traits;
        for (int i = 0; i < starts.Length; i++)
        {
            ulong hash = hashes[i];
            if ((traits[i] & (WordTraits.Plain | WordTraits.Gap)) != 0 && !_maybeException[ExceptionSlot(hash)])
            {
                words.Add(starts[i], units[i], points[i], hash, traits[i]);
                continue;
            }
            if ((traits[i] & WordTraits.Gap) != 0)
                words.Add(starts[i], units[i], points[i], hash, traits[i]);
            else if (units[i] > LongestRemembered)
                AddParts(text.Slice(starts[i], units[i]), starts[i], words);
            else
                Remembered(text, starts[i], units[i], hash, words);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ExceptionSlot(ulong hash) => (int)(unchecked(hash * 0xD6E8FEB86659FD93) >> 52);

    private void Remembered(ReadOnlySpan<char> text, int start, int units, ulong hash, WordTable words)
    {
        // Never 0, which stands for an empty slot.
        ulong key = WordHash.Mix(unchecked(hash + (ulong)units)) | 1;
        // Two places for each piece, so that two common ones do not push each other out.
        int at = (int)(key >> (64 - SlotBits));
        ref Slot slot = ref _slots[at];
        if (slot.Key != key)
        {
            ref Slot second = ref _slots[at ^ 1];
            if (second.Key == key)
                slot = ref second;
            else
                Learn(text.Slice(start, units), key, ref slot, ref second);
        }
        words.AddRange(_parts.AsSpan(slot.First, slot.Count), start);
    }

    private void Learn(ReadOnlySpan<char> piece, ulong key, ref Slot slot, ref Slot second)
    {
        if (_partCount > MostParts)
        {
            _partCount = 0;
            _slots.AsSpan().Clear();
            slot = default;
        }
        second = slot;
        _piece.Clear();
        AddParts(piece, 0, _piece);
        if (_partCount + _piece.Count > _parts.Length)
            Array.Resize(ref _parts, _parts.Length * 2);
        slot = new Slot { Key = key, First = _partCount, Count = _piece.Count };
        for (int i = 0; i < _piece.Count; i++)
            _parts[_partCount++] = new WordTable.Part(_piece.Hashes[i], (ushort)_piece.Starts[i], (ushort)_piece.Units[i], (ushort)_piece.Points[i], _piece.Traits[i]);
    }

    private void AddParts(ReadOnlySpan<char> piece, int offset, WordTable words)
    {
        EnglishSplitter.Split(piece, _ends);
        int start = 0;
        foreach (int end in _ends)
        {
            ReadOnlySpan<char> word = piece[start..end];
            words.Add(offset + start, word.Length, SpaceWords.CodePoints(word), WordHash.Of(word), SpaceWords.Traits(word));
            start = end;
        }
    }
}
