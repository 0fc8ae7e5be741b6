using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>What a model knows about positions: rotary tables by length, ALiBi slopes, or learned vectors.</summary>
internal sealed class Positions : IDisposable
{
    private readonly Device _device;
    private readonly ModelConfig _config;
    private readonly Parameter? _slopes, _learned;
    private RotaryTable? _table;
    private int _tableKey;

    public Positions(Device device, ParameterStore store, ModelConfig config)
    {
        _device = device;
        _config = config;
        if (config.Position == PositionKind.Learned)
            _learned = store.Matrix("position_embedding.weight", config.ContextLength, config.Width, ParameterRole.Embedding, "embedding");
        if (config.Position == PositionKind.Alibi)
        {
            _slopes = new Parameter(device, "alibi.slopes", new Shape(config.Heads), trainable: false);
            device.Upload(_slopes, Ops.AlibiSlopes(config.Heads));
        }
    }

    /// <summary>ALiBi's slopes; a default handle for other models.</summary>
    public Tensor Slopes => _slopes?.Value ?? default;

    /// <summary>The rotary table for sequences that end at position <paramref name="end"/> − 1; null for models without one.</summary>
    public RotaryTable? Table(int end)
    {
        if (_config.Position != PositionKind.Rotary)
            return null;
        // Only dynamic NTK bends frequencies with the length; the others need rows enough, and get them in doublings.
        int length = Math.Max(_config.ContextLength, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)end));
        bool dynamic = _config.RopeScaling?.Kind == RopeScalingKind.DynamicNtk;
        int key = dynamic && end > _config.ContextLength ? end : length;
        if (_table is not null && _tableKey == key)
            return _table;
        _table?.Dispose();
        _tableKey = key;
        (double[] frequencies, double magnitude) = _config.RopeScaling is { } scaling
            ? scaling.Apply(_config.RotarySize, _config.RopeTheta, _config.ContextLength, dynamic ? key : end)
            : (RotaryTable.Frequencies(_config.RotarySize, _config.RopeTheta), 1);
        return _table = new RotaryTable(_device, length, frequencies, 1, magnitude);
    }

    /// <summary>Adds learned vectors to embeddings [B, T, D].</summary>
    public Tensor AddLearned(Tensor x, in DecoderInput input, int offset)
    {
        if (_learned is null)
            return x;
        int end = offset + x.Shape[1];
        if (!input.Positions.Exists && end > _config.ContextLength)
            throw new ArgumentException($"The sequence reaches position {end - 1}; this model has learned vectors for {_config.ContextLength} positions and none beyond.");
        Tensor positions = input.Positions;
        if (!positions.Exists)
        {
            int[] counted = new int[x.Shape[1]];
            for (int i = 0; i < counted.Length; i++)
                counted[i] = offset + i;
            return x + Ops.Embedding(_learned, Tensor.From(x.Device, new Shape(1, counted.Length), counted));
        }
        return x + Ops.Embedding(_learned, positions);
    }

    /// <summary>Qwen's LogN factors [T, 1, 1] for queries at offset …; a default handle where none is beyond the trained context.</summary>
    public Tensor LogN(Tensor x, int offset)
    {
        int length = x.Shape[1];
        if (!_config.LogNAttention || offset + length <= _config.ContextLength)
            return default;
        float[] factors = new float[length];
        for (int i = 0; i < length; i++)
            factors[i] = (float)Math.Max(1, Math.Log(offset + i + 1) / Math.Log(_config.ContextLength));
        return Tensor.From(x.Device, new Shape(length, 1, 1), factors, x.DType);
    }

    public void Dispose()
    {
        _table?.Dispose();
        _slopes?.Dispose();
    }
}
