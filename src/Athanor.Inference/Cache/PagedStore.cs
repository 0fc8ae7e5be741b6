using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Inference.Cache;

/// <summary>The memory of the paged key-value cache: for each layer the rows [slots, Hkv, K] of keys and of values; block b holds the slots b · size … (b + 1) · size − 1.</summary>
internal sealed class PagedStore : IDisposable
{
    private readonly Parameter[] _keys, _values, _keyScales, _valueScales;
    private readonly PagedRows[] _rows;
    private readonly Device _device;

    public PagedStore(Device device, ModelConfig config, DType type, int blocks, int blockSize)
    {
        (_device, BlockSize, Blocks) = (device, blockSize, blocks);
        // One block more: zeros, which stand for those that the window has passed.
        var shape = new Shape(checked((blocks + 1) * blockSize), config.KeyValueHeads, config.HeadSize);
        _keys = new Parameter[config.Layers];
        _values = new Parameter[config.Layers];
        for (int i = 0; i < config.Layers; i++)
        {
            _keys[i] = new Parameter(device, $"cache.{i}.keys", shape, type, trainable: false);
            _values[i] = new Parameter(device, $"cache.{i}.values", shape, type, trainable: false);
        }
        _keyScales = Scales("key");
        _valueScales = Scales("value");
        _rows = new PagedRows[config.Layers];
        for (int i = 0; i < config.Layers; i++)
            _rows[i] = new PagedRows(_keys[i].Value, _values[i].Value, _keyScales.Length == 0 ? default : _keyScales[i].Value, _valueScales.Length == 0 ? default : _valueScales[i].Value, blockSize);
        using StepScope scope = StepScope.Begin(device, record: false);
        foreach (Parameter rows in All)
            rows.Assign(0, blocks * blockSize, Tensor.Zeros(device, rows.Shape.With(0, blockSize), rows.DType));

        Parameter[] Scales(string name) => type != DType.I8 ? [] : [.. Enumerable.Range(0, config.Layers).Select(i => new Parameter(device, $"cache.{i}.{name}_scales", new Shape(shape[0], shape[1]), trainable: false))];
    }

    /// <summary>Tokens of a block.</summary>
    public int BlockSize { get; }

    /// <summary>Blocks.</summary>
    public int Blocks { get; }

    /// <summary>Writes keys and values [1, n, Hkv, K] of a layer into slots.</summary>
    public void Write(int layer, Tensor keys, Tensor values, Tensor slots) => Ops.PagedWrite(_rows[layer], keys, values, slots);

    /// <summary>Attention of the queries [1, n, H, K] of many texts over the keys and values of a layer, read where they lie.</summary>
    /// <param name="texts">See <see cref="Ops.PagedAttention"/>.</param>
    /// <param name="blocks">The texts' tables, with <see cref="Blocks"/> for those that the window has passed.</param>
    public Tensor Attend(int layer, Tensor queries, Tensor texts, Tensor blocks, in AttentionOptions options) => Ops.PagedAttention(queries, _rows[layer], texts, blocks, options);

    /// <summary>The slot of a position.</summary>
    public int SlotOf(IReadOnlyList<int> table, int position) => table[position / BlockSize] * BlockSize + position % BlockSize;

    private IEnumerable<Parameter> All => _keys.Concat(_values).Concat(_keyScales).Concat(_valueScales);

    /// <summary>Copies a position of a table to one of another in all layers.</summary>
    public void Move(IReadOnlyList<int> from, int fromPosition, IReadOnlyList<int> to, int toPosition)
    {
        using StepScope scope = StepScope.Begin(_device, record: false);
        int source = SlotOf(from, fromPosition), target = SlotOf(to, toPosition);
        foreach (Parameter rows in All)
            rows.Assign(0, target, rows.Value.Slice(0, source, 1));
    }

    /// <summary>Copies a block in all layers.</summary>
    public void Copy(int from, int to)
    {
        using StepScope scope = StepScope.Begin(_device, record: false);
        foreach (Parameter rows in All)
            rows.Assign(0, to * BlockSize, rows.Value.Slice(0, from * BlockSize, BlockSize));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter rows in All)
            rows.Dispose();
    }
}
