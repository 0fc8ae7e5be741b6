using System.Text;
using Athanor.Tokenizers;

namespace Athanor.Data.Deduplication.Substrings;

/// <summary>A text as it is laid out to be sorted by suffixes.</summary>
/// <param name="Laid">Its units one after another, each of as many bytes, none of them <see cref="SuffixParts.Separator"/>.</param>
/// <param name="Text">Its UTF-8.</param>
/// <param name="Starts">The byte of <paramref name="Text"/> at which each unit begins, and the text's length behind them; empty where units are bytes.</param>
internal sealed record LaidText(byte[] Laid, byte[] Text, int[] Starts)
{
    /// <summary>The byte of the text at which a byte's unit begins.</summary>
    public int ByteOf(int laid, int width) => Starts.Length == 0 ? laid : Starts[laid / width];
}

/// <summary>What repeated substrings are made of: bytes of UTF-8, or tokens as digits to the base 255. For one thread.</summary>
/// <param name="tokenizer">Makes the tokens; bytes where null.</param>
internal sealed class SubstringUnits(Tokenizer? tokenizer)
{
    private const int Base = SuffixParts.Separator;
    private readonly TokenBuffer _buffer = new(withRanges: true);

    /// <summary>Bytes of a unit.</summary>
    public int Width { get; } = WidthOf(tokenizer);

    /// <summary>Bytes of a unit.</summary>
    public static int WidthOf(Tokenizer? tokenizer) => tokenizer is null ? 1 : tokenizer.VocabularySize <= Base * Base ? 2 : 3;

    public LaidText Lay(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (tokenizer is null)
            return new LaidText(bytes, bytes, []);
        _buffer.Clear();
        tokenizer.Encode(bytes, _buffer);
        byte[] laid = new byte[_buffer.Count * Width];
        int[] starts = new int[_buffer.Count + 1];
        for (int i = 0, at = 0; i < _buffer.Count; i++)
        {
            int id = _buffer.Ids[i];
            for (int digit = 0; digit < Width; digit++, id /= Base)
                laid[at++] = (byte)(id % Base);
            starts[i] = _buffer.Ranges[i].Start;
        }
        starts[^1] = bytes.Length;
        return new LaidText(laid, bytes, starts);
    }
}
