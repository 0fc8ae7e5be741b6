using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Quantization;

/// <summary>How well a model predicts a text: exp of the mean loss of a token, over rows of a context each, the first token of a row not counted.</summary>
/// <param name="Nats">Mean loss of a token.</param>
/// <param name="Tokens">Tokens counted.</param>
public readonly record struct Perplexity(double Nats, long Tokens)
{
    /// <summary>exp(<see cref="Nats"/>).</summary>
    public double Value => Math.Exp(Nats);

    /// <summary>Measures rows.</summary>
    public static Perplexity Of(Decoder model, IReadOnlyList<int[]> rows, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        double sum = 0;
        long tokens = 0;
        foreach (int[] row in rows.Where(row => row.Length > 1))
        {
            cancellation.ThrowIfCancellationRequested();
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            var shape = new Shape(1, row.Length - 1);
            foreach (float value in model.LogProbs(new DecoderInput(Tensor.From(model.Device, shape, row.AsSpan(0, row.Length - 1))), Tensor.From(model.Device, shape, row.AsSpan(1))).ToArray())
                sum -= value;
            tokens += row.Length - 1;
        }
        return new Perplexity(sum / Math.Max(1, tokens), tokens);
    }
}
