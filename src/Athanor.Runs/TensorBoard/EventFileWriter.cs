using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Athanor.Runs.Files;

namespace Athanor.Runs.TensorBoard;

/// <summary>
/// Writes a TensorBoard event file: TFRecord frames (length, masked CRC-32C, data, masked CRC-32C) around <c>tensorflow.Event</c> messages with scalars
/// and texts. Thread-safe; a record reaches the system in one write.
/// </summary>
public sealed class EventFileWriter : IDisposable
{
    private const int DataTypeString = 7;
    private const uint MaskDelta = 0xa282ead8;
    private static int s_counter;
    private readonly Lock _lock = new();
    private readonly FileStream _stream;
    private readonly TimeProvider _time;
    private readonly ProtoBuffer _event = new(), _summary = new(), _value = new(), _part = new(), _inner = new();
    private byte[] _frame = new byte[1024];

    /// <summary>Begins a file of its own name in a folder.</summary>
    public EventFileWriter(string folder, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(folder);
        string name = string.Create(CultureInfo.InvariantCulture,
            $"events.out.tfevents.{_time.GetUtcNow().ToUnixTimeSeconds():D10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref s_counter)}");
        _stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1);
        lock (_lock)
        {
            Begin(null);
            _event.Text(3, "brain.Event:2");
            Frame();
        }
    }

    /// <summary>The file.</summary>
    public string FullName => _stream.Name;

    /// <summary>Writes scalars of one step in one event.</summary>
    public void Scalars(long step, ReadOnlySpan<Ledger.Metric> values)
    {
        lock (_lock)
        {
            _summary.Clear();
            foreach (Ledger.Metric metric in values)
            {
                _value.Clear();
                _value.Text(1, metric.Name);
                _value.Float(2, (float)metric.Value);
                _summary.Message(1, _value);
            }
            Begin(step);
            _event.Message(5, _summary);
            Frame();
        }
    }

    /// <summary>Writes a text, which TensorBoard shows as Markdown.</summary>
    public void Text(long step, string tag, string text)
    {
        lock (_lock)
        {
            _value.Clear();
            _value.Text(1, tag);
            // tensor = 8: { dtype = 1, tensor_shape = 2 { dim = 2 { size = 1 } }, string_val = 8 }
            _inner.Clear();
            _inner.Int64(1, 1);
            _part.Clear();
            _part.Message(2, _inner);
            _inner.Clear();
            _inner.Int64(1, DataTypeString);
            _inner.Message(2, _part);
            _inner.Text(8, text);
            _value.Message(8, _inner);
            // metadata = 9: { plugin_data = 1 { plugin_name = 1 } }
            _inner.Clear();
            _inner.Text(1, "text");
            _part.Clear();
            _part.Message(1, _inner);
            _value.Message(9, _part);
            _summary.Clear();
            _summary.Message(1, _value);
            Begin(step);
            _event.Message(5, _summary);
            Frame();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private void Begin(long? step)
    {
        _event.Clear();
        _event.Double(1, (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        if (step is { } number)
            _event.Int64(2, number);
    }

    /// <summary>Rotated and shifted, so that the checksum of a record that holds checksums is still a good one.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Crc32C.Of(bytes), 15) + MaskDelta;

    private void Frame()
    {
        ReadOnlySpan<byte> data = _event.Written;
        int size = data.Length + 16;
        if (_frame.Length < size)
            _frame = new byte[size * 2];
        Span<byte> frame = _frame.AsSpan(0, size);
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Masked(frame[..8]));
        data.CopyTo(frame[12..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[(12 + data.Length)..], Masked(data));
        try
        {
            _stream.Write(frame);
        }
        catch (IOException e) when (StorageException.IsFull(e))
        {
            throw StorageException.Full(FullName, e);
        }
    }
}
