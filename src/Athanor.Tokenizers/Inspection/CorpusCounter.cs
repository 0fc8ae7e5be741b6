using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Inspection;

/// <summary>Adds up what a tokenizer makes of documents. One thread at a time.</summary>
public sealed class CorpusCounter
{
    private readonly Tokenizer _tokenizer;
    private readonly string _name;
    private readonly TokenBuffer _buffer = new(withRanges: true);
    private readonly long[] _uses;
    private readonly bool[] _fallback;
    private readonly int _unknown;
    private long _documents, _bytes, _characters, _words, _tokens, _splitWords, _unknownTokens, _fallbackTokens;

    /// <summary>A counter for the corpus <paramref name="name"/>.</summary>
    public CorpusCounter(Tokenizer tokenizer, string name)
    {
        _tokenizer = tokenizer;
        _name = name;
        _uses = new long[tokenizer.VocabularySize];
        _fallback = new bool[tokenizer.VocabularySize];
        // A byte token is written <0x0A> and stands for one byte; the same text as an ordinary token stands for six.
        for (int id = 0; id < _fallback.Length; id++)
            _fallback[id] = tokenizer.Contains(id) && tokenizer.GetTokenBytes(id).Length == 1 && tokenizer.GetToken(id) is ['<', '0', 'x', _, _, '>'];
        _unknown = tokenizer.UnkId ?? -1;
    }

    /// <summary>How often each token was used, by id.</summary>
    public ReadOnlySpan<long> Uses => _uses;

    /// <summary>Adds a document.</summary>
    public void Add(ReadOnlySpan<byte> document)
    {
        _buffer.Clear();
        _tokenizer.Encode(document, _buffer);
        _documents++;
        _bytes += document.Length;
        _tokens += _buffer.Count;
        foreach (int id in _buffer.Ids)
        {
            _uses[id]++;
            if (_fallback[id])
                _fallbackTokens++;
            if (id == _unknown)
                _unknownTokens++;
        }
        CountWords(document);
    }

    /// <summary>The sums so far, with the <paramref name="top"/> most frequent tokens.</summary>
    public CorpusReport Report(int top = 20) => new()
    {
        Name = _name,
        Documents = _documents,
        Bytes = _bytes,
        Characters = _characters,
        Words = _words,
        Tokens = _tokens,
        SplitWords = _splitWords,
        Unknown = _unknownTokens,
        Fallback = _fallbackTokens,
        Used = _uses.Count(uses => uses > 0),
        Frequent = [.. Enumerable.Range(0, _uses.Length).Where(id => _uses[id] > 0).OrderByDescending(id => _uses[id]).ThenBy(id => id).Take(top).Select(Example)],
    };

    /// <summary>Ordinary tokens that no document used, by id.</summary>
    public IReadOnlyList<TokenExample> Unused()
    {
        return [.. Enumerable.Range(0, _uses.Length).Where(id => _uses[id] == 0 && _tokenizer.Contains(id) && !_tokenizer.IsSpecial(id)).Select(Example)];
    }

    private TokenExample Example(int id)
    {
        ReadOnlySpan<byte> surface = _tokenizer.GetTokenBytes(id);
        return new TokenExample(id, TokenText.Show(surface), surface.Length, _uses[id]);
    }

    // One walk over words and token borders together: both ascend.
    private void CountWords(ReadOnlySpan<byte> document)
    {
        ReadOnlySpan<ByteRange> ranges = _buffer.Ranges;
        int token = 0, at = 0, start = -1;
        while (at <= document.Length)
        {
            int length = 1;
            bool space = true;
            if (at < document.Length)
            {
                space = Rune.DecodeFromUtf8(document[at..], out Rune rune, out length) == OperationStatus.Done && Rune.IsWhiteSpace(rune);
                _characters++;
            }
            if (!space && start < 0)
            {
                start = at;
            }
            else if (space && start >= 0)
            {
                _words++;
                while (token < ranges.Length && ranges[token].Start <= start)
                    token++;
                if (token < ranges.Length && ranges[token].Start < at)
                    _splitWords++;
                start = -1;
            }
            at += length;
        }
    }
}
