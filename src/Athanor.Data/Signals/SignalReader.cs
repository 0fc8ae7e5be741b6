using System.Buffers.Binary;
using System.Text.Json;

namespace Athanor.Data.Signals;

/// <summary>Reads a signals file block by block; memory holds one.</summary>
public sealed class SignalReader : IDisposable
{
    private const int LongestNames = 1 << 20;
    private readonly FileStream _stream;
    private readonly string _path;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It is no signals file.</exception>
    public SignalReader(string path)
    {
        _path = path;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        try
        {
            Span<byte> header = stackalloc byte[SignalFile.HeaderBytes];
            int read = _stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            int length = read == header.Length ? BinaryPrimitives.ReadInt32LittleEndian(header[12..]) : -1;
            if (!header[..read].StartsWith(SignalFile.Magic) || length is < 0 or > LongestNames)
                throw new InvalidDataException($"{path}: this is no file of signals. Give {SignalFile.Name} of a stage that filters documents.");
            if (BinaryPrimitives.ReadInt32LittleEndian(header[8..]) is not SignalFile.Version and var version)
                throw new InvalidDataException($"{path}: its version is {version}; this program reads {SignalFile.Version}. Run the stage again.");
            byte[] names = new byte[length];
            _stream.ReadExactly(names);
            (Steps, Names) = JsonSerializer.Deserialize<SignalNames>(names.AsSpan().TrimEnd((byte)' '), SignalNames.Json) is { Steps: not null, Signals: not null } all ? all
                : throw new JsonException("no steps and signals");
        }
        catch (Exception e)
        {
            _stream.Dispose();
            if (e is JsonException or EndOfStreamException)
                throw new InvalidDataException($"{path}: the names of its signals cannot be read. Run the stage again.", e);
            throw;
        }
    }

    /// <summary>Names of the steps, in their order: outcome 1 is the first.</summary>
    public IReadOnlyList<string> Steps { get; }

    /// <summary>Names of the signals, each behind its step's name: <c>length.characters</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the blocks in the order of the documents.</summary>
    /// <exception cref="InvalidDataException">The file is cut off.</exception>
    public IEnumerable<SignalBlock> Blocks()
    {
        while (true)
        {
            SignalBlock? block;
            try
            {
                block = SignalBlock.Read(_stream, Names.Count);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw new InvalidDataException($"{_path}: {e.Message}. Run the stage again.", e);
            }
            if (block is null)
                yield break;
            yield return block;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
