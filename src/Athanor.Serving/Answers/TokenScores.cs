using System.Text;
using Athanor.Inference.Generation;
using Athanor.Serving.Protocol;
using Athanor.Tokenizers;

namespace Athanor.Serving.Answers;

/// <summary>Log-probabilities in the forms of OpenAI's two endpoints.</summary>
internal static class TokenScores
{
    // JSON has no infinities; OpenAI writes this for tokens that cannot come.
    private const double Least = -9999;

    public static ChatLogprobs? OfChat(IReadOnlyList<ScoredToken> tokens, Tokenizer tokenizer)
    {
        if (tokens.Count == 0)
            return null;
        var content = new TokenLogprob[tokens.Count];
        for (int i = 0; i < content.Length; i++)
        {
            (string text, int[] bytes) = Spell(tokens[i].Token, tokenizer);
            content[i] = new TokenLogprob(text, Finite(tokens[i].LogProb), bytes, [.. tokens[i].Top.Select(top =>
            {
                (string topText, int[] topBytes) = Spell(top.Token, tokenizer);
                return new TopLogprob(topText, Finite(top.LogProb), topBytes);
            })]);
        }
        return new ChatLogprobs(content);
    }

    /// <summary>The older form.</summary>
    /// <param name="first">A prompt's first token, which has no score; null where the prompt is not echoed.</param>
    /// <param name="tokens">The scored tokens.</param>
    /// <param name="offset">Code points of the text before them; moved behind them.</param>
    /// <param name="tokenizer">The model's.</param>
    public static CompletionLogprobs OfCompletion(int? first, IReadOnlyList<ScoredToken> tokens, ref int offset, Tokenizer tokenizer)
    {
        List<string> texts = [];
        List<double?> scores = [];
        List<IReadOnlyDictionary<string, double>?> tops = [];
        List<int> offsets = [];
        if (first is { } id)
            Add(id, null, null, ref offset);
        foreach (ScoredToken token in tokens)
        {
            var top = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var one in token.Top)
                top.TryAdd(Spell(one.Token, tokenizer).Text, Finite(one.LogProb));
            Add(token.Token, Finite(token.LogProb), top, ref offset);
        }
        return new CompletionLogprobs(texts, scores, tops, offsets);

        void Add(int token, double? score, IReadOnlyDictionary<string, double>? top, ref int offset)
        {
            string text = Spell(token, tokenizer).Text;
            texts.Add(text);
            scores.Add(score);
            tops.Add(top);
            offsets.Add(offset);
            foreach (Rune _ in text.EnumerateRunes())
                offset++;
        }
    }

    private static (string Text, int[] Bytes) Spell(int token, Tokenizer tokenizer)
    {
        // Models may have more rows than the tokenizer has tokens.
        if (!tokenizer.Contains(token))
            return ("", []);
        ReadOnlySpan<byte> bytes = tokenizer.GetTokenBytes(token);
        int[] numbers = new int[bytes.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = bytes[i];
        return (Encoding.UTF8.GetString(bytes), numbers);
    }

    private static double Finite(float value) => float.IsFinite(value) ? value : Least;
}
