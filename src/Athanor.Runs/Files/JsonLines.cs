using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Athanor.Runs.Files;

/// <summary>
/// Appends JSON objects, one a line, from any thread. Each line reaches the system in one write before the call returns, so a killed process loses
/// none; the disk is asked at intervals, so a loss of power loses at most one interval.
/// </summary>
public sealed class JsonLines : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly FileStream _stream;
    private readonly TimeProvider _time;
    private readonly TimeSpan _syncEvery;
    private long _synced;

    /// <summary>Opens a file for appending; a last line without its end, torn by a crash, is cut off.</summary>
    /// <param name="path">The file.</param>
    /// <param name="syncEvery">How often the disk is asked to keep what was written; 5 s by default.</param>
    /// <param name="time">For tests.</param>
    public JsonLines(string path, TimeSpan? syncEvery = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _syncEvery = syncEvery ?? TimeSpan.FromSeconds(5);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1);
        Repaired = _stream.CanSeek ? CutTornLine(_stream) : 0;
        _json = new Utf8JsonWriter(_buffer, Options);
        _synced = _time.GetTimestamp();
    }

    /// <summary>Bytes of a torn last line that were cut off on opening.</summary>
    public long Repaired { get; }

    /// <summary>The file.</summary>
    public string FullName => _stream.Name;

    /// <summary>Appends one object. The delegate writes its properties; it runs under the file's lock.</summary>
    /// <exception cref="StorageException">The disk is full.</exception>
    public void Append<TState>(TState state, Action<Utf8JsonWriter, TState> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        lock (_lock)
        {
            _buffer.ResetWrittenCount();
            _json.Reset();
            _json.WriteStartObject();
            properties(_json, state);
            _json.WriteEndObject();
            _json.Flush();
            _buffer.Write("\n"u8);
            Write(_buffer.WrittenSpan);
        }
    }

    /// <summary>Appends one object.</summary>
    /// <exception cref="StorageException">The disk is full.</exception>
    public void Append(Action<Utf8JsonWriter> properties) => Append(properties, static (json, write) => write(json));

    /// <summary>Asks the disk to keep everything written so far.</summary>
    public void Sync()
    {
        lock (_lock)
        {
            _stream.Flush(flushToDisk: true);
            _synced = _time.GetTimestamp();
        }
    }

    /// <summary>Syncs and closes.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_stream.CanSeek)
                _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            _json.Dispose();
        }
    }

    /// <summary>Appends a line that is written already, its end included.</summary>
    internal void Write(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            long before = _stream.CanSeek ? _stream.Position : 0;
            try
            {
                _stream.Write(line);
                if (_time.GetElapsedTime(_synced) >= _syncEvery && _stream.CanSeek)
                    Sync();
            }
            catch (IOException e) when (StorageException.IsFull(e))
            {
                // A part of the line may have been written: the next one must not be glued to it.
                TryCut(before);
                throw StorageException.Full(FullName, e);
            }
        }
    }

    private void TryCut(long length)
    {
        try
        {
            _stream.SetLength(length);
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
            // The next writer cuts it.
        }
    }

    private static long CutTornLine(FileStream stream)
    {
        long length = stream.Length, end = length;
        byte[] block = new byte[4096];
        while (end > 0)
        {
            int take = (int)Math.Min(block.Length, end);
            stream.Position = end - take;
            stream.ReadExactly(block, 0, take);
            int newline = block.AsSpan(0, take).LastIndexOf((byte)'\n');
            if (newline >= 0)
            {
                end = end - take + newline + 1;
                break;
            }
            end -= take;
        }
        if (end < length)
            stream.SetLength(end);
        stream.Position = end;
        return length - end;
    }
}
