using System.Text;
using Athanor.Tokenizers;

namespace Athanor.Inference.Sampling;

/// <summary>
/// From the tokens of an answer to its text: what each token makes certain, in whole characters, without anything of a stop text. Streams and whole answers both
/// come from here, so they cannot differ. Tokens are decoded behind the prompt's, because the first of a text is decoded otherwise than one in its midst
/// (a SentencePiece tokenizer drops the space before it).
/// </summary>
public sealed class AnswerText
{
    // What a token decodes to depends on the tokens just before it: an open run of byte tokens, whether it is the first.
    private const int PromptTokens = 64;
    private readonly DecodeStream _stream;
    private readonly StopTexts _stops;
    private int _before;

    /// <summary>The text of an answer.</summary>
    /// <param name="prompt">The tokens it goes on from.</param>
    /// <param name="stop">Texts that end it where they appear.</param>
    /// <param name="includeStop">Whether the stop text belongs to it.</param>
    /// <param name="showSpecial">Whether special tokens appear in it.</param>
    /// <exception cref="ArgumentException">A stop text is empty.</exception>
    public AnswerText(Tokenizer tokenizer, ReadOnlySpan<int> prompt, IReadOnlyList<string>? stop = null, bool includeStop = false, bool showSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        stop ??= [];
        foreach (string text in stop)
        {
            if (string.IsNullOrEmpty(text))
                throw new ArgumentException("A stop text is empty. Leave it out.", nameof(stop));
        }
        _stops = new StopTexts(stop, includeStop);
        _stream = tokenizer.CreateStream(skipSpecial: !showSpecial);
        prompt = prompt.Length > PromptTokens ? prompt[^PromptTokens..] : prompt;
        // The prompt may hold ids that only the embedding has: nothing stands for them.
        int[] known = [.. prompt.ToArray().Where(tokenizer.Contains)];
        _before = tokenizer.Decode(known, skipSpecial: !showSpecial).Length;
        foreach (int token in known)
            Added(_stream.Append(token));
    }

    /// <summary>The stop text that ended the text, or null.</summary>
    public string? StopText => _stops.Found;

    /// <summary>Takes a token and gives the text that has become certain, often none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tokenizer has no such token.</exception>
    public string Append(int token) => StopText is not null ? "" : _stops.Take(Added(_stream.Append(token)));

    /// <summary>The rest, when nothing follows; it may still complete a stop text.</summary>
    public string Finish() => StopText is not null ? "" : _stops.Take(Added(_stream.Flush())) + _stops.Rest();

    /// <summary>The whole text of an answer at once.</summary>
    public string Whole(IEnumerable<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var text = new StringBuilder();
        foreach (int token in tokens)
            text.Append(Append(token));
        return text.Append(Finish()).ToString();
    }

    private string Added(string text)
    {
        int skipped = Math.Min(_before, text.Length);
        _before -= skipped;
        // A prompt may end within a character: its beginning counted as one sign, the whole is a pair.
        if (skipped > 0 && skipped < text.Length && char.IsLowSurrogate(text[skipped]))
            skipped++;
        return text[skipped..];
    }
}
