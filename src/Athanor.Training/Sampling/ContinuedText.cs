using Athanor.Tokenizers;

namespace Athanor.Training.Sampling;

/// <summary>
/// The text that tokens add to a prompt. They are decoded behind the prompt's tokens, because the first of a text is decoded otherwise than one in its midst
/// (a SentencePiece tokenizer drops the space before it).
/// </summary>
internal sealed class ContinuedText
{
    private readonly DecodeStream _stream;
    private int _before;

    public ContinuedText(Tokenizer tokenizer, ReadOnlySpan<int> prompt)
    {
        _stream = tokenizer.CreateStream();
        _before = tokenizer.Decode(prompt).Length;
        foreach (int token in prompt)
            Added(_stream.Append(token));
    }

    /// <summary>Takes a token and gives the text that has become certain; characters come whole.</summary>
    public string Append(int token) => Added(_stream.Append(token));

    /// <summary>The rest, when nothing follows.</summary>
    public string Rest() => Added(_stream.Flush());

    private string Added(string text)
    {
        int skipped = Math.Min(_before, text.Length);
        _before -= skipped;
        return text[skipped..];
    }
}
