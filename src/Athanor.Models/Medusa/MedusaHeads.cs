using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Medusa;

/// <summary>
/// Heads that predict further ahead than the next token from the same last hidden state h (Cai et al. 2024, arXiv 2401.10774): head k = 0, 1, … says the token k + 2 places behind
/// h's own, with features h + SiLU(W·h + b) and an output matrix of its own. W and b begin at 0 and the matrices as the model's head, so that an untrained head says what the model says.
/// </summary>
public sealed class MedusaHeads : IDisposable
{
    private readonly Parameter[] _weights, _biases, _outputs;
    private readonly float _logitScale;

    /// <summary>Heads with undefined output matrices, for a file to fill.</summary>
    /// <param name="config">The settings of the model they belong to.</param>
    /// <param name="count">Heads, 1 to 16.</param>
    /// <param name="type">Storage of the matrices; biases are F32.</param>
    /// <param name="trainable">Gradients are wanted.</param>
    public MedusaHeads(Device device, ModelConfig config, int count, DType type, bool trainable = false)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 16);
        (Device, Config, DType, _logitScale) = (device, config, type, config.LogitScale);
        int width = config.Width;
        _weights = [.. Enumerable.Range(0, count).Select(i => new Parameter(device, $"{i}.0.linear.weight", new Shape(width, width), type, trainable))];
        _biases = [.. Enumerable.Range(0, count).Select(i => new Parameter(device, $"{i}.0.linear.bias", new Shape(width), DType.F32, trainable))];
        _outputs = [.. Enumerable.Range(0, count).Select(i => new Parameter(device, $"{i}.1.weight", new Shape(config.VocabularySize, width), type, trainable))];
        foreach (Parameter bias in _biases)
            device.Upload(bias, new float[width]);
    }

    /// <summary>Fresh heads of a model, to be trained.</summary>
    /// <exception cref="InvalidOperationException">The model's own head is packed.</exception>
    public static MedusaHeads Of(Decoder model, int count)
    {
        ArgumentNullException.ThrowIfNull(model);
        var head = new float[model.Head.Shape.Count];
        ParameterRows.Read(model.Head, 0, model.Config.VocabularySize, head);
        var heads = new MedusaHeads(model.Device, model.Config, count, model.DType, trainable: true);
        foreach (Parameter weight in heads._weights)
            ParameterRows.Set(weight, new float[weight.Shape.Count]);
        foreach (Parameter output in heads._outputs)
            ParameterRows.Set(output, head);
        return heads;
    }

    /// <summary>Where they are.</summary>
    public Device Device { get; }

    /// <summary>The settings of the model they belong to.</summary>
    public ModelConfig Config { get; }

    /// <summary>Storage of the matrices.</summary>
    public DType DType { get; }

    /// <summary>Heads.</summary>
    public int Count => _weights.Length;

    /// <summary>
    /// How often each head's first, second, … guess was right on text it was not trained on, [head][rank]; empty where it was not measured. Decides the shape of the tree of guesses.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<double>> Accuracy { get; set; } = [];

    /// <summary>All parameters, by head.</summary>
    public IEnumerable<Parameter> Parameters => Enumerable.Range(0, Count).SelectMany(i => (Parameter[])[_weights[i], _biases[i], _outputs[i]]);

    /// <summary>The output matrix [V, D] of a head.</summary>
    public Parameter Output(int head) => _outputs[head];

    /// <summary>What a head's output matrix is applied to, for hidden states [.., D].</summary>
    public Tensor Features(int head, Tensor hidden)
    {
        hidden = hidden.To(DType);
        Tensor features = hidden + Ops.Linear(hidden, _weights[head], _biases[head]).Silu();
        return _logitScale == 1 ? features : features * _logitScale;
    }

    /// <summary>A head's logits on the host for hidden states [.., D], rows · V numbers.</summary>
    public void LogitRows(int head, Tensor hidden, Span<float> logits) =>
        Ops.Linear(Features(head, hidden), _outputs[head]).LogitRows(logits, default, Config.LogitSoftCap);

    /// <summary>A head's mean loss for hidden states [B, T, D] and targets I32 [B, T], −100 where none.</summary>
    public Tensor Loss(int head, Tensor hidden, Tensor targets, CrossEntropyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Ops.LinearCrossEntropy(Features(head, hidden), _outputs[head], targets, options with { SoftCap = Config.LogitSoftCap });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter parameter in Parameters)
            parameter.Dispose();
    }
}
