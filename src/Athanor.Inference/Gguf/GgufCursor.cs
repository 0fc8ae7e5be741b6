using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Athanor.Models;

namespace Athanor.Inference.Gguf;

/// <summary>Reads a GGUF header front to back; nothing is taken before it is known to be there.</summary>
internal ref struct GgufCursor(ReadOnlySpan<byte> bytes, string source)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The next byte.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Left => _bytes.Length - Position;

    public ReadOnlySpan<byte> Take(long length, string what)
    {
        if (length > Left)
            throw Error(what, string.Create(CultureInfo.InvariantCulture, $"needs {length:N0} bytes at {Position}, but the file has {Left:N0} more. It was cut short: fetch it again."));
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>A number of things of which each takes so many bytes at least, and so bounded by the file.</summary>
    public int Count(string what, int each)
    {
        ulong count = UInt64(what);
        return count <= (ulong)(Left / each) ? (int)count
            : throw Error(what, string.Create(CultureInfo.InvariantCulture, $"is {count:N0}, for which the file's {Left:N0} remaining bytes are too few. It is damaged or was cut short: fetch it again."));
    }

    public ReadOnlySpan<byte> Text(string what) => Take(Count(what, 1), what);

    public string Name(string what, int longest)
    {
        ReadOnlySpan<byte> text = Text(what);
        if (text.IsEmpty || text.Length > longest || !Utf8.IsValid(text))
            throw Error(what, text.IsEmpty ? "is empty." : text.Length > longest ? $"has {text.Length} bytes; {longest} are allowed." : "is not UTF-8.");
        return Encoding.UTF8.GetString(text);
    }

    public readonly ModelFormatException Error(string what, string problem) => new(source, what, problem);
}
