using Athanor.Training.Batches;

namespace Athanor.Training.Evaluation;

/// <summary>Documents that are not trained on, and how much text they hold.</summary>
/// <param name="Name">Its name in metrics.</param>
/// <param name="Source">Its documents.</param>
/// <param name="Bytes">UTF-8 bytes of their text; 0 where not known.</param>
/// <param name="Characters">Unicode code points of their text; 0 where not known.</param>
public sealed record ValidationSet(string Name, TokenSource Source, long Bytes = 0, long Characters = 0);

/// <summary>How well a model predicts a validation set.</summary>
/// <param name="Loss">Sum over all predicted tokens, ends of documents among them, in nats.</param>
/// <param name="Tokens">Predicted tokens.</param>
/// <param name="Bytes">UTF-8 bytes of the text read; 0 where not known.</param>
/// <param name="Characters">Code points of the text read; 0 where not known.</param>
public readonly record struct ValidationScore(double Loss, long Tokens, long Bytes, long Characters)
{
    /// <summary>Nats a token.</summary>
    public double LossPerToken => Loss / Tokens;

    /// <summary>e to the loss a token.</summary>
    public double Perplexity => Math.Exp(LossPerToken);

    /// <summary>Σ loss / (ln 2 · bytes): does not depend on the tokenizer. NaN where bytes are not known.</summary>
    public double BitsPerByte => Bytes > 0 ? Loss / Math.Log(2) / Bytes : double.NaN;

    /// <summary>Σ loss / (ln 2 · characters).</summary>
    public double BitsPerCharacter => Characters > 0 ? Loss / Math.Log(2) / Characters : double.NaN;
}
