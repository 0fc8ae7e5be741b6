using System.Text;
using Athanor.Tokenizers.Decoders;

namespace Athanor.Tokenizers;

/// <summary>
/// Decodes tokens one at a time. What it gives, put together, is what <see cref="Tokenizer.Decode(ReadOnlySpan{int}, bool)"/> gives for all of them;
/// a character is never given in halves. Not safe for use by two threads at once.
/// </summary>
public sealed class DecodeStream
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly DecodeSink _sink = new();
    private readonly Decoder _characters = Encoding.UTF8.GetDecoder();
    private DecodeStage _stages;
    private char[] _text = new char[64];

    internal DecodeStream(Tokenizer tokenizer, bool skipSpecial)
    {
        (_tokenizer, _skipSpecial) = (tokenizer, skipSpecial);
        _stages = tokenizer.StartStages(_sink, asText: true);
    }

    /// <summary>Takes a token and gives the text that has become certain, often none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary; the stream goes on as if it had not been given.</exception>
    public string Append(int id)
    {
        ReadOnlySpan<byte> token = _tokenizer.TextOf(id);
        if (_skipSpecial && _tokenizer.IsSpecial(id))
            return "";
        _stages.Token(token);
        return Take(last: false);
    }

    /// <summary>Gives the rest of the text and starts anew.</summary>
    public string Flush()
    {
        _stages.Finish();
        string rest = Take(last: true);
        _characters.Reset();
        _stages = _tokenizer.StartStages(_sink, asText: true);
        return rest;
    }

    private string Take(bool last)
    {
        ReadOnlySpan<byte> bytes = _sink.Bytes;
        if (bytes.IsEmpty && !last)
            return "";
        int most = bytes.Length + 4;
        if (_text.Length < most)
            _text = new char[2 * most];
        int count = _characters.GetChars(bytes, _text, last);
        _sink.Clear();
        return count == 0 ? "" : new string(_text, 0, count);
    }
}
