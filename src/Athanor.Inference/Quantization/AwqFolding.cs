using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Quantization;

/// <summary>
/// Finds AWQ's scales of a block's projections and folds them into what comes before: the norm of queries, keys and values and that of gate and up, the value rows of the output matrix (attention mixes
/// values by sums), the up rows of the down matrix (a gate multiplies them). Unrounded, the block computes what it did.
/// </summary>
internal sealed class AwqFolding(Decoder model, int groupSize, int bits)
{
    private const int Samples = 512;
    private readonly Dictionary<string, Parameter> _parameters = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);

    /// <summary>Rows of a parameter whose outputs are the inputs of a projection, and the row that each input comes from.</summary>
    /// <param name="Names">Weight and bias, as far as the model has them.</param>
    /// <param name="RowOf">By input; null where it is that of the input's number.</param>
    private sealed record Source(string[] Names, int[]? RowOf);

    /// <summary>Folds all scales of a block.</summary>
    public void Fold(int block, Calibration calibration, CancellationToken cancellation)
    {
        (string Projection, Source Source)[] sources = [.. Sources($"layers.{block}")];
        // A fold changes only the inputs of its own projection.
        float[][] seen = calibration.Inputs(block, [.. sources.Select(source => source.Projection)], Samples, cancellation);
        for (int at = 0; at < sources.Length; at++)
        {
            cancellation.ThrowIfCancellationRequested();
            (string projection, Source source) = sources[at];
            Parameter parameter = _parameters[projection];
            int rows = parameter.Shape[0], columns = parameter.Shape[1];
            var weights = new float[rows * columns];
            ParameterRows.Read(parameter, 0, rows, weights);
            int[]? shared = source.RowOf is null ? null : [.. source.RowOf.Select(row => Array.IndexOf(source.RowOf, row))];
            float[] scales = Awq.Scales(model.Device, weights, seen[at], columns, Gptq.Check(bits, groupSize, columns), bits, shared);
            for (int i = 0; i < weights.Length; i++)
                weights[i] *= scales[i % columns];
            ParameterRows.Set(parameter, weights);
            foreach (Parameter before in source.Names.Select(name => _parameters.GetValueOrDefault(name)).OfType<Parameter>())
                Divide(before, scales, source);
        }
    }

    private IEnumerable<(string Projection, Source Source)> Sources(string layer)
    {
        ModelConfig config = model.Config;
        string up = $"{layer}.feed_forward.{(config.Gated ? "gate_up" : "up")}", qkv = $"{layer}.attention.qkv";
        if (config.NormGain)
            yield return ($"{qkv}.weight", new Source([$"{layer}.norm1.weight", $"{layer}.norm1.bias"], null));
        // A clamp of values is no product.
        if (config.ClipQkv == 0)
        {
            int size = config.HeadSize, group = config.Heads / config.KeyValueHeads, first = (config.Heads + config.KeyValueHeads) * size;
            yield return ($"{layer}.attention.out.weight", new Source([$"{qkv}.weight", $"{qkv}.bias"], [.. Enumerable.Range(0, config.Heads * size).Select(i => first + i / size / group * size + i % size)]));
        }
        if (config.NormGain)
            yield return ($"{up}.weight", new Source([$"{layer}.norm2.weight", $"{layer}.norm2.bias"], null));
        // max(x, 0) keeps factors above 0, the other functions do not.
        if (config.Gated || config.FeedForward == FeedForwardKind.Relu)
            yield return ($"{layer}.feed_forward.down.weight", new Source([$"{up}.weight", $"{up}.bias"], [.. Enumerable.Range(config.Gated ? config.FeedForwardWidth : 0, config.FeedForwardWidth)]));
    }

    private static void Divide(Parameter parameter, float[] scales, Source source)
    {
        int rows = parameter.Shape[0], columns = parameter.Shape.Rank == 1 ? 1 : parameter.Shape[1];
        var values = new float[rows * columns];
        ParameterRows.Read(parameter, 0, rows, values);
        var done = new bool[rows];
        for (int i = 0; i < scales.Length; i++)
        {
            int row = source.RowOf?[i] ?? i;
            // Heads of queries that share a head of values share its scales.
            if (done[row])
                continue;
            done[row] = true;
            foreach (ref float value in values.AsSpan(row * columns, columns))
                value /= scales[i];
        }
        ParameterRows.Set(parameter, values);
    }
}
