using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>
/// The keys and values of earlier tokens, so that a new token costs one row of work. With a sliding window it is a ring of that many
/// positions, whatever the length of the text.
/// </summary>
public sealed class KeyValueCache : IAttentionCache, IDisposable
{
    private readonly int _window;
    private readonly Parameter[] _keys, _values;
    private int _advance, _prompt;

    /// <summary>An empty cache for <paramref name="batch"/> sequences of up to <paramref name="capacity"/> tokens.</summary>
    public KeyValueCache(Device device, ModelConfig config, DType type, int batch, int capacity)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _window = config.SlidingWindow;
        Batch = batch;
        Capacity = capacity;
        Slots = _window > 0 ? Math.Min(_window, capacity) : capacity;
        var shape = new Shape(batch, Slots, config.KeyValueHeads, config.HeadSize);
        _keys = [.. Enumerable.Range(0, config.Layers).Select(i => new Parameter(device, $"cache.{i}.keys", shape, type, trainable: false))];
        _values = [.. Enumerable.Range(0, config.Layers).Select(i => new Parameter(device, $"cache.{i}.values", shape, type, trainable: false))];
    }

    /// <summary>Sequences.</summary>
    public int Batch { get; }

    /// <summary>Tokens that fit.</summary>
    public int Capacity { get; }

    /// <summary>Positions held: the window where there is one.</summary>
    public int Slots { get; }

    /// <summary>Tokens seen.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// The length for which dynamic rotary scaling (dynamic NTK) is chosen while the cache is in use; keys keep the turn they got when they came, so it
    /// stays the same: the length of the first pass, as in Qwen's code, where this is 0.
    /// </summary>
    public int RotaryLength { get; set; }

    /// <summary>Bytes of keys and values.</summary>
    public long Bytes => _keys.Concat(_values).Sum(parameter => parameter.Shape.Count * parameter.DType.Size());

    /// <summary>Forgets what was seen.</summary>
    public void Clear() => Length = 0;

    /// <summary>Forgets all but the first <paramref name="length"/> tokens; a ring that has turned cannot go back.</summary>
    public void Truncate(int length)
    {
        if (length < 0 || length > Length)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"The cache holds {Length} tokens.");
        if (length < Length && Length > Slots)
            throw new InvalidOperationException($"The window of {Slots} positions has passed the first tokens; clear the cache and read the text again.");
        Length = length;
    }

    /// <summary>Takes new keys and values [B, T, Hkv, K] of a layer in and returns all that the new queries may see.</summary>
    private (Tensor Keys, Tensor Values, AttentionOptions Options) Extend(int layer, Tensor keys, Tensor values, AttentionOptions options)
    {
        int time = keys.Shape[1];
        if (keys.Shape[0] != Batch)
            throw new ArgumentException($"The cache is for {Batch} sequences; the input has {keys.Shape[0]}.");
        if ((long)Length + time > Capacity)
            throw new ArgumentException($"{time} more tokens after {Length} do not fit a cache of {Capacity}. Make a longer one.");
        if (options.Segments.Exists)
            throw new ArgumentException("Packed rows and a cache do not go together; decode one document a row.");
        _advance = time;
        if (Length + time <= Slots)
        {
            _keys[layer].Assign(1, Length, keys);
            _values[layer].Assign(1, Length, values);
            return (_keys[layer].Value.Slice(1, 0, Length + time), _values[layer].Value.Slice(1, 0, Length + time), options with { Offset = Length });
        }
        return time == 1 ? Turn(layer, keys, values, options) : Unroll(layer, keys, values, options);
    }

    /// <inheritdoc/>
    public int EndOf(int time) => Length + time;

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor queries, Tensor keys, Tensor values, in AttentionOptions options)
    {
        (Tensor allKeys, Tensor allValues, AttentionOptions moved) = Extend(layer, keys, values, options);
        return Ops.Attention(queries, allKeys, allValues, moved);
    }

    /// <inheritdoc/>
    public int RotaryLengthOf(int time) => RotaryLength > 0 ? RotaryLength : Length > 0 ? _prompt : _prompt = time;

    /// <inheritdoc/>
    public void Advance()
    {
        Length += _advance;
        _advance = 0;
    }

    // The ring is full of exactly the positions that one new query sees. Their order does not matter: keys carry their positions.
    private (Tensor, Tensor, AttentionOptions) Turn(int layer, Tensor keys, Tensor values, AttentionOptions options)
    {
        _keys[layer].Assign(1, Length % Slots, keys);
        _values[layer].Assign(1, Length % Slots, values);
        return (_keys[layer].Value, _values[layer].Value, options with { Causal = false, Window = 0, Offset = 0 });
    }

    // Several queries see different windows: the ring is laid out in order, the new rows behind it, and the last of all go back into it.
    private (Tensor, Tensor, AttentionOptions) Unroll(int layer, Tensor keys, Tensor values, AttentionOptions options)
    {
        int held = Math.Min(Length, Slots), time = keys.Shape[1];
        Tensor allKeys = Ordered(_keys[layer], keys, held), allValues = Ordered(_values[layer], values, held);
        int kept = Math.Min(Slots, held + time), first = Length + time - kept;
        for (int i = 0; i < kept;)
        {
            int slot = (first + i) % Slots, run = Math.Min(kept - i, Slots - slot);
            _keys[layer].Assign(1, slot, allKeys.Slice(1, held + time - kept + i, run));
            _values[layer].Assign(1, slot, allValues.Slice(1, held + time - kept + i, run));
            i += run;
        }
        return (allKeys, allValues, options with { Offset = held });
    }

    private Tensor Ordered(Parameter ring, Tensor last, int held)
    {
        int start = Length <= Slots ? 0 : Length % Slots;
        Tensor tail = ring.Value.Slice(1, start, held - start);
        return held == 0 ? last.Contiguous() : start == 0 ? Ops.Concat(1, tail, last) : Ops.Concat(1, tail, ring.Value.Slice(1, 0, start), last);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter parameter in _keys.Concat(_values))
            parameter.Dispose();
    }
}
