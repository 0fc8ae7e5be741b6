using System.Globalization;
using System.Text.Json.Nodes;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Quantization;

/// <summary>Quantizes the matrices of a model's blocks and writes them as a folder in the forms of bitsandbytes, GPTQ and AWQ; embedding, head, norms and biases stay as they are.</summary>
public sealed class ModelQuantizer
{
    private const int AwqSamples = 512;
    private readonly Decoder _model;
    private readonly QuantizationOptions _options;
    private readonly List<SafetensorsSource> _sources = [];
    private readonly List<string> _notes = [];
    private double _lost, _all;

    private ModelQuantizer(Decoder model, QuantizationOptions options) => (_model, _options) = (model, options);

    /// <summary>Quantizes a model, whose weights become those that the folder stands for, and writes the folder whole or not at all.</summary>
    /// <param name="model">A model of plain weights, which are changed. In F32 what is written is what it then computes with.</param>
    /// <param name="calibration">Token ids in rows within the model's context, for methods that look at texts.</param>
    /// <param name="folder">A folder that is not there yet, or an empty one.</param>
    /// <param name="beside">Writes what lies beside the weights, such as the tokenizer, into the folder given.</param>
    /// <param name="done">Told the blocks done so far of all.</param>
    /// <param name="say">Told what goes otherwise than usual.</param>
    /// <exception cref="ArgumentException">A setting is impossible, or calibration texts are missing.</exception>
    /// <exception cref="NotSupportedException">The family or a matrix has no form in the folder.</exception>
    /// <exception cref="IOException">The folder is there already.</exception>
    public static QuantizationReport Write(
        Decoder model, QuantizationOptions options, IReadOnlyList<int[]> calibration, string folder, Action<string>? beside = null, Action<int, int>? done = null, Action<string>? say = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        ModelFolder.RefuseExisting(folder);
        if (options.NeedsCalibration && calibration.Count == 0)
            throw new ArgumentException($"{options.Method} looks at texts: give some that are like those the model will see.");
        if (options.Method == QuantizationMethod.Awq && model.Config.Layout != BlockLayout.PreNorm)
            throw new NotSupportedException($"AWQ folds its scales into the norms before the matrices, and {model.Config.Layout} blocks have none there. GPTQ takes such models.");
        var quantizer = new ModelQuantizer(model, options);
        (List<LinearLayer> layers, IReadOnlyList<FileTensor> all) = LinearLayer.Of(model);
        quantizer.Run(layers, calibration, done, say, cancellation);
        ModelFolder.Write(folder, place =>
        {
            quantizer.Save(place, layers, all, cancellation);
            beside?.Invoke(place);
        });
        long bytes = Directory.EnumerateFiles(folder, "*.safetensors").Sum(file => new FileInfo(file).Length);
        return new QuantizationReport(layers.Count, layers.Sum(layer => (long)layer.Rows * layer.Columns), Math.Sqrt(quantizer._lost / Math.Max(quantizer._all, double.Epsilon)), bytes, quantizer._notes);
    }

    private void Run(List<LinearLayer> layers, IReadOnlyList<int[]> rows, Action<int, int>? done, Action<string>? say, CancellationToken cancellation)
    {
        Calibration? calibration = _options.NeedsCalibration ? new Calibration(_model, rows) : null;
        for (int block = 0; block < _model.Config.Layers; block++)
        {
            // In the order of the data's way: what comes later sees what was rounded before.
            foreach (IGrouping<string, LinearLayer> group in layers.Where(layer => layer.Projection.StartsWith($"layers.{block}.", StringComparison.Ordinal)).GroupBy(layer => layer.Projection))
            {
                cancellation.ThrowIfCancellationRequested();
                int known = _notes.Count;
                Quantize(block, [.. group], calibration, cancellation);
                foreach (string note in _notes.Skip(known))
                    say?.Invoke(note);
            }
            if (block + 1 < _model.Config.Layers)
                calibration?.Advance(block, cancellation);
            done?.Invoke(block + 1, _model.Config.Layers);
        }
    }

    private void Quantize(int block, LinearLayer[] layers, Calibration? calibration, CancellationToken cancellation)
    {
        int columns = layers[0].Columns;
        string projection = layers[0].Projection;
        switch (_options.Method)
        {
            case QuantizationMethod.Gptq:
                double[] moments = calibration!.Moments(block, projection, columns, cancellation);
                foreach (LinearLayer layer in layers)
                    ByGptq(layer, moments);
                break;
            case QuantizationMethod.Awq:
                ByAwq(block, layers, calibration!, cancellation);
                break;
            default:
                foreach (LinearLayer layer in layers)
                    ToNearest(layer);
                break;
        }
    }

    private void ByGptq(LinearLayer layer, double[] moments)
    {
        float[] weights = layer.Read();
        var options = new GptqOptions { Bits = _options.Bits, GroupSize = _options.GroupSize, ActOrder = _options.ActOrder, Symmetric = _options.Symmetric, Damping = _options.Damping };
        GroupedWeights rounded = Gptq.Quantize(weights, layer.Rows, layer.Columns, moments, options);
        if (rounded.Damping is null)
            _notes.Add($"{layer.Name}: the calibration inputs allow no factors at any damping (they are not finite, or all 0); its weights are rounded to nearest.");
        else if (rounded.Damping > _options.Damping)
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"{layer.Name}: damping raised to {rounded.Damping} of the mean diagonal; more and more different calibration texts need less."));
        _sources.AddRange(GroupPacking.Gptq(layer.Name, rounded, layer.Rows, _options.Bits));
        Replace(layer, weights, rounded);
    }

    private void ByAwq(int block, LinearLayer[] layers, Calibration calibration, CancellationToken cancellation)
    {
        const int bits = 4;
        int columns = layers[0].Columns, group = Gptq.Check(bits, _options.GroupSize, columns);
        float[] inputs = calibration.Inputs(block, layers[0].Projection, columns, AwqSamples, cancellation);
        float[][] weights = [.. layers.Select(layer => layer.Read())];
        if (Preceding(block, layers[0].Projection, columns) is { } fold)
        {
            float[] scales = Awq.Scales(_model.Device, weights, inputs, columns, group, bits);
            fold(scales);
            foreach (float[] matrix in weights)
                Scale(matrix, scales, divide: false);
            Scale(inputs, scales, divide: true);
        }
        for (int i = 0; i < layers.Length; i++)
        {
            bool turns = layers[i].Name.EndsWith("q_proj", StringComparison.Ordinal) || layers[i].Name.EndsWith("k_proj", StringComparison.Ordinal);
            GroupedWeights rounded = Awq.Quantize(weights[i], layers[i].Rows, columns, inputs, group, bits, clip: !turns);
            _sources.AddRange(GroupPacking.Awq(layers[i].Name, rounded, layers[i].Rows));
            Replace(layers[i], weights[i], rounded);
        }
    }

    // The norm before queries, keys, values and before gate and up takes their scales; the output and down matrices read products, whose earlier matrices are rounded already.
    private Action<float[]>? Preceding(int block, string projection, int columns)
    {
        string? norm = projection.EndsWith(".qkv.weight", StringComparison.Ordinal) ? "norm1" : projection.EndsWith(".gate_up.weight", StringComparison.Ordinal) || projection.EndsWith(".up.weight", StringComparison.Ordinal) ? "norm2" : null;
        if (norm is null)
            return null;
        Parameter[] parts = [.. _model.Parameters.Select(parameter => parameter.Value).Where(parameter => parameter.Name == $"layers.{block}.{norm}.weight" || parameter.Name == $"layers.{block}.{norm}.bias")];
        return parts.Length == 0 ? null : scales =>
        {
            foreach (Parameter part in parts)
            {
                var values = new float[columns];
                ParameterRows.Read(part, 0, columns, values);
                Scale(values, scales, divide: true);
                ParameterRows.Set(part, values);
            }
        };
    }

    private static void Scale(float[] values, float[] scales, bool divide)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = divide ? values[i] / scales[i % scales.Length] : values[i] * scales[i % scales.Length];
    }

    private void ToNearest(LinearLayer layer)
    {
        float[] weights = layer.Read(), read = new float[weights.Length];
        _sources.AddRange(_options.Method == QuantizationMethod.Nf4 ? BitsAndBytes.Nf4(layer.Name, weights, [layer.Rows, layer.Columns], _options.DoubleQuantization, read) : BitsAndBytes.Int8(layer.Name, weights, layer.Rows, layer.Columns, read));
        Replace(layer, weights, read);
    }

    private void Replace(LinearLayer layer, float[] weights, GroupedWeights rounded)
    {
        var read = new float[weights.Length];
        rounded.Decode(layer.Rows, read);
        Replace(layer, weights, read);
    }

    private void Replace(LinearLayer layer, float[] weights, float[] read)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            _lost += (double)(weights[i] - read[i]) * (weights[i] - read[i]);
            _all += (double)weights[i] * weights[i];
        }
        layer.Write(read);
    }

    private void Save(string folder, List<LinearLayer> layers, IReadOnlyList<FileTensor> all, CancellationToken cancellation)
    {
        Dictionary<string, Parameter> parameters = _model.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
        foreach (FileTensor tensor in all.Where(tensor => !LinearLayer.IsLinear(tensor)))
        {
            SafetensorsType type = tensor.Columns == 0 ? SafetensorsType.F32 : SafetensorsType.BF16;
            _sources.Add(new SafetensorsSource(tensor.Name, type, tensor.Shape, (stream, token) =>
            {
                foreach (RowRange range in tensor.Ranges)
                    ParameterRows.Write(stream, parameters[range.Parameter], range.ParameterRow, range.Rows, type, token);
            }));
        }
        SafetensorsSet.Save(folder, _sources, HfCheckpoint.DefaultShardBytes, new Dictionary<string, string> { ["format"] = "pt" }, cancellation);
        JsonObject config = JsonNode.Parse(HfCheckpoint.WriteConfig(_model.Config))!.AsObject();
        config["torch_dtype"] = "bfloat16";
        config["quantization_config"] = _options.ToJson();
        AtomicFile.Write(Path.Combine(folder, "config.json"), System.Text.Encoding.UTF8.GetBytes(config.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n"));
    }
}
