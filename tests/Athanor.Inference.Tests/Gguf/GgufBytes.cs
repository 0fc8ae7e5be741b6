using System.Text;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>GGUF files put together field by field, right or wrong, by the text of the format and not by the writer.</summary>
internal sealed class GgufBytes
{
    private readonly List<byte[]> _keys = [], _tensors = [];

    public uint Version { get; set; } = 3;

    public string Magic { get; set; } = "GGUF";

    public ulong? TensorCount { get; set; }

    public ulong? KeyCount { get; set; }

    public int Alignment { get; set; } = 32;

    public byte[] Data { get; set; } = [];

    public GgufBytes Key(string name, uint type, params byte[] value)
    {
        _keys.Add([.. Text(name), .. BitConverter.GetBytes(type), .. value]);
        return this;
    }

    public GgufBytes Key(string name, uint value) => Key(name, 4, BitConverter.GetBytes(value));

    public GgufBytes Key(string name, string value) => Key(name, 8, Text(value));

    public GgufBytes List(string name, uint type, ulong count, params byte[] elements) => Key(name, 9, [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(count), .. elements]);

    public GgufBytes Tensor(string name, ulong[] extents, uint type, ulong offset)
    {
        _tensors.Add([.. Text(name), .. BitConverter.GetBytes((uint)extents.Length), .. extents.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset)]);
        return this;
    }

    public byte[] ToArray()
    {
        byte[] header = [.. Encoding.ASCII.GetBytes(Magic), .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes(TensorCount ?? (ulong)_tensors.Count), .. BitConverter.GetBytes(KeyCount ?? (ulong)_keys.Count),
            .. _keys.SelectMany(key => key), .. _tensors.SelectMany(tensor => tensor)];
        return [.. header, .. new byte[(Alignment - header.Length % Alignment) % Alignment], .. Data];
    }

    public static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];
}
