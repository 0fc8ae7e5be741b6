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
    private const int AwqSamples = 512, AwqBits = 4;
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
    /// <exception cref="NotSupportedException">AWQ: the blocks have no norms before their matrices.</exception>
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
        if (options.NeedsCalibration)
            _ = Gptq.Check(options.Method == QuantizationMethod.Awq ? AwqBits : options.Bits, options.GroupSize, model.Config.Width);
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
        var folding = new AwqFolding(_model, _options.GroupSize, AwqBits);
        for (int block = 0; block < _model.Config.Layers; block++)
        {
            if (_options.Method == QuantizationMethod.Awq)
                folding.Fold(block, calibration!, cancellation);
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
                var options = new GptqOptions { Bits = _options.Bits, GroupSize = _options.GroupSize, ActOrder = _options.ActOrder, Symmetric = _options.Symmetric, Damping = _options.Damping };
                GptqFactors factors = GptqFactors.Of(calibration!.Moments(block, projection, columns, cancellation), columns, options);
                foreach (LinearLayer layer in layers)
                    ByGptq(layer, factors, options);
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

    private void ByGptq(LinearLayer layer, GptqFactors factors, GptqOptions options)
    {
        float[] weights = layer.Read();
        GroupedWeights rounded = Gptq.Quantize(weights, layer.Rows, factors, options);
        if (rounded.Damping is null)
            _notes.Add($"{layer.Name}: the calibration inputs allow no factors at any damping (they are not finite, or all 0); its weights are rounded to nearest.");
        else if (rounded.Damping > _options.Damping)
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"{layer.Name}: damping raised to {rounded.Damping} of the mean diagonal; more and more different calibration texts need less."));
        _sources.AddRange(GroupPacking.Gptq(layer.Name, rounded, layer.Rows, _options.Bits));
        Replace(layer, weights, rounded);
    }

    private void ByAwq(int block, LinearLayer[] layers, Calibration calibration, CancellationToken cancellation)
    {
        int columns = layers[0].Columns, group = Gptq.Check(AwqBits, _options.GroupSize, columns);
        float[] inputs = calibration.Inputs(block, [layers[0].Projection], AwqSamples, cancellation)[0];
        foreach (LinearLayer layer in layers)
        {
            // Queries and keys, alone or with the values in one matrix.
            bool turns = layer.Projection.EndsWith(".qkv.weight", StringComparison.Ordinal) && !layer.Name.EndsWith("v_proj", StringComparison.Ordinal);
            float[] weights = layer.Read();
            GroupedWeights rounded = Awq.Quantize(weights, layer.Rows, columns, inputs, group, AwqBits, clip: !turns);
            _sources.AddRange(GroupPacking.Awq(layer.Name, rounded, layer.Rows));
            Replace(layer, weights, rounded);
        }
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
            _sources.Add(new SafetensorsSource(tensor.Name, type, tensor.Shape, (stream, token) => HfCheckpoint.WriteTensor(stream, tensor, type, parameters, token)));
        }
        SafetensorsSet.Save(folder, _sources, HfCheckpoint.DefaultShardBytes, new Dictionary<string, string> { ["format"] = "pt" }, cancellation);
        JsonObject config = JsonNode.Parse(HfCheckpoint.WriteConfig(_model.Config))!.AsObject();
        config["torch_dtype"] = "bfloat16";
        config["quantization_config"] = _options.ToJson();
        AtomicFile.Write(Path.Combine(folder, "config.json"), System.Text.Encoding.UTF8.GetBytes(config.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n"));
    }
}
