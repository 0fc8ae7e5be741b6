using System.Diagnostics.CodeAnalysis;

namespace Athanor.Data.LanguageModels;

/// <summary>Words of an n-gram model and their ids; 0 is the unknown word, 1 begins a sentence, 2 ends one.</summary>
public sealed class NgramVocabulary
{
    /// <summary>Ids with a meaning of their own.</summary>
    public const uint Unknown = 0, Begin = 1, End = 2;

    private readonly List<string> _words = [];
    private ulong[] _hashes = new ulong[1 << 10];
    private uint[] _ids = new uint[1 << 10];

    /// <summary>A vocabulary of the three words that every model has.</summary>
    public NgramVocabulary()
    {
        foreach (string word in (string[])["<unk>", "<s>", "</s>"])
            Add(word);
    }

    /// <summary>Words, the three first ones among them.</summary>
    public int Count => _words.Count;

    /// <summary>The word of an id.</summary>
    public string this[uint id] => _words[(int)id];

    /// <summary>The id of a word, or <see cref="Unknown"/>.</summary>
    public uint Find(ReadOnlySpan<char> word)
    {
        ulong hash = Key(word);
        int mask = _hashes.Length - 1;
        for (int at = (int)(hash & (uint)mask); _hashes[at] != 0; at = (at + 1) & mask)
        {
            if (_hashes[at] == hash)
                return _ids[at];
        }
        return Unknown;
    }

    /// <summary>The id of a word, which is added where it is new.</summary>
    /// <exception cref="InvalidDataException">Two words have one hash.</exception>
    public uint Add(ReadOnlySpan<char> word)
    {
        ulong hash = Key(word);
        int mask = _hashes.Length - 1, at = (int)(hash & (uint)mask);
        for (; _hashes[at] != 0; at = (at + 1) & mask)
        {
            if (_hashes[at] != hash)
                continue;
            if (!word.SequenceEqual(_words[(int)_ids[at]]))
                Collide(word, _words[(int)_ids[at]]);
            return _ids[at];
        }
        (_hashes[at], _ids[at]) = (hash, (uint)_words.Count);
        _words.Add(word.ToString());
        if (_words.Count * 2 > _hashes.Length)
            Grow();
        return (uint)_words.Count - 1;
    }

    // 0 marks a free place.
    private static ulong Key(ReadOnlySpan<char> word) => Math.Max(1, NgramHash.Word(word));

    private void Grow()
    {
        ulong[] hashes = new ulong[_hashes.Length * 2];
        uint[] ids = new uint[hashes.Length];
        int mask = hashes.Length - 1;
        for (int i = 0; i < _hashes.Length; i++)
        {
            if (_hashes[i] == 0)
                continue;
            int at = (int)(_hashes[i] & (uint)mask);
            while (hashes[at] != 0)
                at = (at + 1) & mask;
            (hashes[at], ids[at]) = (_hashes[i], _ids[i]);
        }
        (_hashes, _ids) = (hashes, ids);
    }

    [DoesNotReturn]
    private static void Collide(ReadOnlySpan<char> word, string other) =>
        throw new InvalidDataException($"The words '{word}' and '{other}' have the same 64-bit hash; one model cannot hold both. Leave one out of the text.");
}
