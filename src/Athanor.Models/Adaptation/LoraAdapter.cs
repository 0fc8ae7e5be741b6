using Athanor.Tensors;

namespace Athanor.Models.Adaptation;

/// <summary>
/// A small change of a model by which one model serves many purposes: some projections give y + B·(A·x) with A [r, in] and B [out, r] of a low rank r. The model's own
/// weights stay as they are, packed ones too. Source: Hu et al. 2021, arXiv 2106.09685.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private readonly Dictionary<string, (Parameter Down, Parameter Up)> _deltas = new(StringComparer.Ordinal);
    private readonly Device _device;
    private readonly DType _type;

    /// <summary>An adapter that changes nothing yet.</summary>
    /// <param name="name">The name by which requests ask for it.</param>
    /// <param name="model">The model that it belongs to.</param>
    public LoraAdapter(string name, Decoder model)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(model);
        (Name, _device, _type) = (name, model.Device, model.DType);
    }

    /// <summary>The name by which requests ask for it.</summary>
    public string Name { get; }

    /// <summary>The weights that it changes.</summary>
    public IReadOnlyCollection<string> Weights => _deltas.Keys;

    /// <summary>Numbers in it.</summary>
    public long Count => _deltas.Values.Sum(delta => delta.Down.Shape.Count + delta.Up.Shape.Count);

    /// <summary>Changes a weight.</summary>
    /// <param name="weight">The name of a projection's weight: <c>layers.0.attention.qkv.weight</c>.</param>
    /// <param name="down">A, r rows of <paramref name="columns"/> numbers.</param>
    /// <param name="up">B, <paramref name="rows"/> rows of r numbers, scaled.</param>
    /// <exception cref="ArgumentException">The weight has a change already, or the numbers do not make the shapes.</exception>
    public void Add(string weight, ReadOnlySpan<float> down, ReadOnlySpan<float> up, int rank, int rows, int columns)
    {
        if (rank < 1 || down.Length != (long)rank * columns || up.Length != (long)rows * rank)
            throw new ArgumentException($"A change of {weight} of rank {rank} takes {(long)rank * columns} and {(long)rows * rank} numbers; it got {down.Length} and {up.Length}.");
        if (_deltas.ContainsKey(weight))
            throw new ArgumentException($"The adapter {Name} changes {weight} twice.");
        var first = new Parameter(_device, $"{Name}.{weight}.down", new Shape(rank, columns), _type, trainable: false);
        var second = new Parameter(_device, $"{Name}.{weight}.up", new Shape(rows, rank), _type, trainable: false);
        _device.Upload(first, down);
        _device.Upload(second, up);
        _deltas.Add(weight, (first, second));
    }

    /// <summary>What a projection gives with the change.</summary>
    internal Tensor Change(string weight, Tensor x, Tensor y) =>
        _deltas.TryGetValue(weight, out (Parameter Down, Parameter Up) delta) ? y + Ops.Linear(Ops.Linear(x, delta.Down), delta.Up) : y;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Parameter down, Parameter up) in _deltas.Values)
        {
            down.Dispose();
            up.Dispose();
        }
        _deltas.Clear();
    }
}
