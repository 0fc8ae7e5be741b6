using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>What a model knows about positions: rotary tables by length, ALiBi slopes, or learned vectors.</summary>
internal sealed class Positions : IDisposable
{
    private const int FirstRows = 8192, MostRetired = 32;
    private readonly Device _device;
    private readonly ModelConfig _config;
    private readonly Parameter? _slopes, _learned;
    private readonly Queue<RotaryTable> _retired = new();
    private RotaryTable? _table;
    private int _rows, _bent;

    public Positions(Device device, ParameterStore store, ModelConfig config)
    {
        _device = device;
        _config = config;
        if (config.Position == PositionKind.Learned)
            _learned = store.Matrix("position_embedding.weight", config.ContextLength, config.Width, ParameterRole.Embedding, "embedding");
        if (config.Position == PositionKind.Alibi)
        {
            _slopes = new Parameter(device, "alibi.slopes", new Shape(config.Heads), trainable: false);
            float[] slopes = Ops.AlibiSlopes(config.Heads);
            for (int i = 0; i < slopes.Length; i++)
                slopes[i] = MathF.Pow(slopes[i], config.AlibiMaxBias / 8) * config.AlibiScale;
            device.Upload(_slopes, slopes);
        }
    }

    /// <summary>ALiBi's slopes; a default handle for other models.</summary>
    public Tensor Slopes => _slopes?.Value ?? default;

    /// <summary>
    /// The rotary table for positions below <paramref name="end"/>, bent for sequences of <paramref name="length"/> where that matters; null for models without one.
    /// </summary>
    public RotaryTable? Table(int end, int length)
    {
        if (_config.Position != PositionKind.Rotary)
            return null;
        // Rows are made as they are needed, in doublings: a context of 131,072 must not cost its table at the start. Only the dynamic
        // kinds bend frequencies with the length, beyond the original context.
        RopeScaling? scaling = _config.RopeScaling;
        int rows = Math.Max(Math.Min(_config.ContextLength, FirstRows), (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)end));
        int original = scaling?.OriginalContextLength ?? _config.ContextLength;
        int bent = scaling is { IsDynamic: true } && length > original ? length : 0;
        if (_table is not null && _rows >= rows && _bent == bent)
            return _table;
        // Backward passes may still need the old ones.
        if (_table is not null)
            _retired.Enqueue(_table);
        while (_retired.Count > MostRetired)
            _retired.Dequeue().Dispose();
        (_rows, _bent) = (rows, bent);
        (double[] frequencies, double magnitude) = scaling is null
            ? (RotaryTable.Frequencies(_config.RotarySize, _config.RopeTheta), 1)
            : scaling.Apply(_config.RotarySize, _config.RopeTheta, _config.ContextLength, bent > 0 ? bent : original);
        return _table = new RotaryTable(_device, rows, frequencies, 1, magnitude);
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

    /// <summary>Qwen's LogN factors, one for each query; a default handle where none is beyond the trained context.</summary>
    public Tensor LogN(Tensor x, in DecoderInput input, int offset, int end)
    {
        int length = x.Shape[1];
        if (!_config.LogNAttention || end <= _config.ContextLength)
            return default;
        int[] positions = new int[input.Positions.Exists ? (int)input.Positions.Count : length];
        if (input.Positions.Exists)
        {
            input.Positions.CopyTo(positions);
        }
        else
        {
            for (int i = 0; i < length; i++)
                positions[i] = offset + i;
        }
        float[] factors = Array.ConvertAll(positions, position => (float)Math.Max(1, Math.Log(position + 1) / Math.Log(_config.ContextLength)));
        return Tensor.From(x.Device, new Shape(positions.Length / length, length, 1, 1), factors, x.DType);
    }

    public void Dispose()
    {
        _table?.Dispose();
        foreach (RotaryTable table in _retired)
            table.Dispose();
        _slopes?.Dispose();
    }
}
