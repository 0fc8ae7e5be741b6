using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Inference.Cache;

/// <summary>The memory of the paged key-value cache: for each layer the rows [slots, Hkv, K] of keys and of values; block b holds the slots b · size … (b + 1) · size − 1.</summary>
internal sealed class PagedStore : IDisposable
{
    private readonly Parameter[] _keys, _values, _keyScales, _valueScales;
    private readonly Device _device;
    private readonly int _heads, _size;

    public PagedStore(Device device, ModelConfig config, DType type, int blocks, int blockSize)
    {
        (_device, BlockSize, Blocks) = (device, blockSize, blocks);
        (_heads, _size) = (config.KeyValueHeads, config.HeadSize);
        // One block more: zeros, which stand for those that the window has passed.
        var shape = new Shape(checked((blocks + 1) * blockSize), _heads, _size);
        _keys = new Parameter[config.Layers];
        _values = new Parameter[config.Layers];
        for (int i = 0; i < config.Layers; i++)
        {
            _keys[i] = new Parameter(device, $"cache.{i}.keys", shape, type, trainable: false);
            _values[i] = new Parameter(device, $"cache.{i}.values", shape, type, trainable: false);
        }
        _keyScales = Scales("key");
        _valueScales = Scales("value");
        using StepScope scope = StepScope.Begin(device, record: false);
        foreach (Parameter rows in All)
            rows.Assign(0, blocks * blockSize, Tensor.Zeros(device, rows.Shape.With(0, blockSize), rows.DType));

        Parameter[] Scales(string name) => type != DType.I8 ? [] : [.. Enumerable.Range(0, config.Layers).Select(i => new Parameter(device, $"cache.{i}.{name}_scales", new Shape(shape[0], _heads), trainable: false))];
    }

    /// <summary>Tokens of a block.</summary>
    public int BlockSize { get; }

    /// <summary>Blocks.</summary>
    public int Blocks { get; }

    /// <summary>Writes rows [n, Hkv, K] of a layer into the slots of positions <paramref name="first"/> …, which lie in the table.</summary>
    public void Write(int layer, IReadOnlyList<int> table, int first, Tensor keys, Tensor values)
    {
        int count = keys.Shape[0];
        for (int done = 0; done < count;)
        {
            int position = first + done, offset = position % BlockSize, run = Math.Min(count - done, BlockSize - offset);
            int slot = table[position / BlockSize] * BlockSize + offset;
            Put(_keys[layer], _keyScales, layer, slot, keys.Slice(0, done, run));
            Put(_values[layer], _valueScales, layer, slot, values.Slice(0, done, run));
            done += run;
        }
    }

    /// <summary>The keys and values [1, n, Hkv, K] of positions <paramref name="from"/> (where a block begins) … <paramref name="length"/> − 1.</summary>
    /// <param name="type">The type in which they are wanted.</param>
    public (Tensor Keys, Tensor Values) Read(int layer, IReadOnlyList<int> table, int from, int length, DType type)
    {
        int first = from / BlockSize, count = (length + BlockSize - 1) / BlockSize - first;
        var ids = new int[count];
        bool adjoin = true;
        for (int i = 0; i < count; i++)
        {
            // No query sees blocks that the window has passed, but their place keeps the others where they were.
            ids[i] = table[first + i] == BlockTable.Gone ? Blocks : table[first + i];
            adjoin &= ids[i] == ids[0] + i;
        }
        if (_keyScales.Length == 0)
            return (Rows(_keys[layer], ids, adjoin, length - from).To(type), Rows(_values[layer], ids, adjoin, length - from).To(type));
        Tensor blocks = Tensor.From(_device, new Shape(ids.Length), ids);
        return (Bytes(_keys[layer], _keyScales[layer]), Bytes(_values[layer], _valueScales[layer]));

        Tensor Bytes(Parameter rows, Parameter scales) => Ops.FromBytes(rows, scales, blocks, BlockSize, length - from, type).Reshape(1, length - from, _heads, _size);
    }

    private static void Put(Parameter rows, Parameter[] scales, int layer, int slot, Tensor source)
    {
        if (scales.Length == 0)
            rows.Assign(0, slot, source);
        else
            rows.AssignBytes(scales[layer], slot, source);
    }

    private IEnumerable<Parameter> All => _keys.Concat(_values).Concat(_keyScales).Concat(_valueScales);

    /// <summary>Whether attention of queries of a type reads the blocks where they lie.</summary>
    public bool ReadsInPlace(DType type) => BlockSize % Ops.PagedBlock == 0 && _keys[0].DType == type;

    /// <summary>Attention of queries [1, n, H, K] over the first <paramref name="length"/> keys and values, read where they lie.</summary>
    /// <param name="blocks">The table, from <see cref="BlocksOf"/>.</param>
    public Tensor Attend(int layer, Tensor blocks, int length, Tensor queries, in AttentionOptions options) =>
        Ops.PagedAttention(queries, _keys[layer], _values[layer], blocks, BlockSize, length, options);

    /// <summary>A table for <see cref="Attend"/>.</summary>
    public Tensor BlocksOf(IReadOnlyList<int> table)
    {
        var ids = new int[table.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = table[i] == BlockTable.Gone ? Blocks : table[i];
        return Tensor.From(_device, new Shape(ids.Length), ids);
    }

    private Tensor Rows(Parameter rows, int[] ids, bool adjoin, int length)
    {
        if (adjoin)
            return rows.Value.Slice(0, ids[0] * BlockSize, length).Reshape(1, length, _heads, _size);
        Tensor blocks = rows.Value.Reshape(Blocks + 1, BlockSize * _heads * _size).IndexSelect(0, Tensor.From(_device, new Shape(ids.Length), ids));
        return blocks.Reshape(ids.Length * BlockSize, _heads, _size).Slice(0, 0, length).Reshape(1, length, _heads, _size);
    }

    /// <summary>Copies a position of a table to one of another in all layers.</summary>
    public void Move(IReadOnlyList<int> from, int fromPosition, IReadOnlyList<int> to, int toPosition)
    {
        using StepScope scope = StepScope.Begin(_device, record: false);
        int source = from[fromPosition / BlockSize] * BlockSize + fromPosition % BlockSize, target = to[toPosition / BlockSize] * BlockSize + toPosition % BlockSize;
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
