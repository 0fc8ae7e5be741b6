using System.Buffers.Text;
using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Runs.TensorBoard;

namespace Athanor.Runs.Ledger;

/// <summary>A number with a name.</summary>
/// <param name="Name">The field's usual names: <c>train/loss</c>, <c>val/bpb</c>, <c>lr</c>, <c>tokens_per_second</c>.</param>
/// <param name="Value">Any number; JSON holds what is not finite as text.</param>
public readonly record struct Metric(string Name, double Value);

/// <summary>
/// Appends the metrics of one stage to <c>metrics.jsonl</c>, one line a step, and to the TensorBoard file. Thread-safe; allocates nothing in a steady
/// state.
/// </summary>
public sealed class MetricWriter
{
    private readonly Lock _lock = new();
    private readonly JsonLines _file;
    private readonly EventFileWriter? _board;
    private readonly TimeProvider _time;
    private readonly byte[] _head;
    private readonly Dictionary<string, byte[]> _names = new(StringComparer.Ordinal);
    private byte[] _line = new byte[1024];
    private int _length;

    internal MetricWriter(JsonLines file, EventFileWriter? board, string stage, TimeProvider time)
    {
        (_file, _board, _time) = (file, board, time);
        _head = [.. "{\"stage\":\""u8, .. JsonEncodedText.Encode(stage).EncodedUtf8Bytes, .. "\",\"step\":"u8];
    }

    /// <summary>Appends the metrics of a step. Several lines may have the same step.</summary>
    /// <exception cref="StorageException">The disk is full.</exception>
    public void Write(long step, params ReadOnlySpan<Metric> values)
    {
        lock (_lock)
        {
            Begin(step);
            foreach (Metric metric in values)
            {
                Put(","u8);
                Put(Name(metric.Name));
                Number(metric.Value);
            }
            Put("}\n"u8);
            _file.Write(_line.AsSpan(0, _length));
            _board?.Scalars(step, values);
        }
    }

    /// <summary>
    /// Says that the stage goes on from this step, as after an interruption or a return to an older checkpoint: readers forget later lines of this stage.
    /// </summary>
    /// <param name="step">The last step that still counts.</param>
    /// <param name="reason">For people.</param>
    public void Rewind(long step, string reason)
    {
        lock (_lock)
        {
            Begin(step);
            Put(",\"rewind\":\""u8);
            Put(JsonEncodedText.Encode(reason).EncodedUtf8Bytes);
            Put("\"}\n"u8);
            _file.Write(_line.AsSpan(0, _length));
        }
    }

    private void Begin(long step)
    {
        _length = 0;
        Put(_head);
        Utf8Formatter.TryFormat(step, Room(20), out int written);
        _length += written;
        Put(",\"time\":"u8);
        Number(Math.Round((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, 3));
    }

    private void Number(double value)
    {
        if (double.IsFinite(value))
        {
            value.TryFormat(Room(32), out int written, default, System.Globalization.CultureInfo.InvariantCulture);
            _length += written;
        }
        else
            Put(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8);
    }

    private byte[] Name(string name)
    {
        if (!_names.TryGetValue(name, out byte[]? encoded))
            _names.Add(name, encoded = [(byte)'"', .. JsonEncodedText.Encode(name).EncodedUtf8Bytes, (byte)'"', (byte)':']);
        return encoded;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    private Span<byte> Room(int count)
    {
        if (_length + count > _line.Length)
            Array.Resize(ref _line, Math.Max(_line.Length * 2, _length + count));
        return _line.AsSpan(_length);
    }
}
