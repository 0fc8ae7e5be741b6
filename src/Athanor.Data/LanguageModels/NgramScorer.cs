using System.Runtime.InteropServices;
using Athanor.Data.Scoring;

namespace Athanor.Data.LanguageModels;

/// <summary>How well a model predicts a text.</summary>
/// <param name="LogProbability">Sum of log10 probabilities over words and ends of lines.</param>
/// <param name="Words">Words.</param>
/// <param name="Lines">Lines with a word.</param>
/// <param name="Unknown">Words that the model does not know.</param>
public readonly record struct NgramScore(double LogProbability, long Words, long Lines, long Unknown)
{
    /// <summary>10^(−Σ log10 p / (words + lines)), as CCNet has it; NaN for a text without words.</summary>
    public double Perplexity => Words == 0 ? double.NaN : Math.Pow(10, -LogProbability / (Words + Lines));
}

/// <summary>Scores texts with an n-gram model, each line as a sentence. For one thread.</summary>
public sealed class NgramScorer : IScorer
{
    private readonly NgramModel _model;
    private readonly NgramText _text;
    private readonly List<uint> _words = [];

    internal NgramScorer(NgramModel model, NgramText text) => (_model, _text) = (model, text);

    /// <summary>The score of a text.</summary>
    public NgramScore Score(ReadOnlySpan<char> text)
    {
        double sum = 0;
        long words = 0, lines = 0, unknown = 0;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            _words.Clear();
            _text.Words(line, _words, learn: false);
            if (_words.Count == 0)
                continue;
            ReadOnlySpan<uint> sentence = CollectionsMarshal.AsSpan(_words);
            sum = _model.Add(sum, sentence);
            unknown += sentence.Count(NgramVocabulary.Unknown);
            words += _words.Count;
            lines++;
        }
        return new NgramScore(sum, words, lines, unknown);
    }

    TextScore IScorer.Score(ReadOnlySpan<char> text)
    {
        NgramScore score = Score(text);
        return new TextScore(score.Perplexity, score.Words, score.Unknown);
    }
}
