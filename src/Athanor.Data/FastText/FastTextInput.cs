using System.Buffers;
using System.Text;

namespace Athanor.Data.FastText;

/// <summary>Turns text into rows of the input matrix. For one thread.</summary>
internal sealed class FastTextInput(FastTextDictionary dictionary, FastTextOptions options)
{
    /// <summary>What is behind so many bytes of a text is not looked at: memory stays bounded.</summary>
    public const int MostBytes = 16 << 20;

    private const int Ahead = 8;
    private static readonly SearchValues<byte> Spaces = SearchValues.Create(" \n\r\t\v\f\0"u8);
    private static readonly uint LineEndHash = FastTextHash.Of(FastTextDictionary.LineEnd);
    private static readonly bool[] IsSpace = [.. Enumerable.Range(0, 256).Select(value => Spaces.Contains((byte)value))];

    private readonly RowList _rows = new();
    private byte[] _text = new byte[1 << 12];
    private WordMark[] _marks = new WordMark[1 << 10];
    private int _count;

    /// <summary>Words of the last text, its end included.</summary>
    public int Words => _count;

    /// <summary>The rows of a text.</summary>
    public ReadOnlySpan<int> Rows(ReadOnlySpan<char> text, LineEnds lines)
    {
        text = text[..Math.Min(text.Length, MostBytes)];
        int most = Math.Min(Encoding.UTF8.GetMaxByteCount(text.Length), MostBytes + 3);
        if (_text.Length < most)
            _text = new byte[most];
        Encoding.UTF8.TryGetBytes(text, _text, out int length);
        if (length == 0 && text.Length > 0)
            length = Fill(text);
        Span<byte> bytes = _text.AsSpan(0, length);
        if (lines == LineEnds.Remove)
            bytes = bytes[..WithoutLineEnds(bytes)];
        return Rows(bytes);
    }

    /// <summary>The rows of UTF-8 text, all its lines as one.</summary>
    public ReadOnlySpan<int> Rows(ReadOnlySpan<byte> text)
    {
        _rows.Clear();
        Mark(text);
        for (int i = 0; i < _count; i++)
        {
            if (i + Ahead < _count)
                dictionary.Prefetch(_marks[i + Ahead].Hash);
            ref readonly WordMark mark = ref _marks[i];
            ReadOnlySpan<byte> word = i == _count - 1 ? FastTextDictionary.LineEnd : text.Slice(mark.Start, mark.Length);
            int id = dictionary.Find(word, mark.Hash);
            if (id >= dictionary.Words)
                continue;
            if (options.MaxCharacters <= 0)
            {
                if (id >= 0)
                    _rows.Add(id);
            }
            else if (id >= 0)
                _rows.Add(dictionary.SubwordsOf(id));
            else if (i < _count - 1)
                dictionary.Buckets.AddCharacters(word, _rows);
        }
        dictionary.Buckets.AddRuns(_marks.AsSpan(0, _count), _rows);
        return _rows.Span;
    }

    /// <summary>Words of a text as fastText cuts them, for counting.</summary>
    public ReadOnlySpan<WordMark> Cut(ReadOnlySpan<byte> text)
    {
        Mark(text);
        return _marks.AsSpan(0, _count);
    }

    /// <summary>Words are what stands between white space of ASCII; one that looks like a label is none, and the word for a line's end ends the text.</summary>
    private void Mark(ReadOnlySpan<byte> text)
    {
        _count = 0;
        for (int at = 0; at < text.Length;)
        {
            if (IsSpace[text[at]])
            {
                at++;
                continue;
            }
            int start = at;
            uint hash = FastTextHash.Basis;
            do
                hash = FastTextHash.Append(hash, text[at++]);
            while (at < text.Length && !IsSpace[text[at]]);
            ReadOnlySpan<byte> word = text[start..at];
            if (hash == LineEndHash && word.SequenceEqual(FastTextDictionary.LineEnd))
                break;
            if (word[0] != '_' || !word.StartsWith("__label__"u8))
                Add(new WordMark(start, at - start, hash));
        }
        Add(new WordMark(0, 0, LineEndHash));
    }

    private void Add(WordMark mark)
    {
        if (_count == _marks.Length)
            Array.Resize(ref _marks, _count * 2);
        _marks[_count++] = mark;
    }

    /// <summary>As much of a text as there is place for.</summary>
    private int Fill(ReadOnlySpan<char> text)
    {
        Encoding.UTF8.GetEncoder().Convert(text, _text, flush: false, out _, out int used, out _);
        return used;
    }

    private static int WithoutLineEnds(Span<byte> bytes)
    {
        int kept = 0;
        foreach (byte value in bytes)
        {
            if (value != '\n')
                bytes[kept++] = value;
        }
        return kept;
    }
}
