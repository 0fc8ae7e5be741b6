using System.Collections.Immutable;
using System.Text.Json;

namespace Athanor.Tensors.Safetensors;

/// <summary>Reads the header's JSON token by token; JSON libraries keep the last of two equal keys, this one refuses them.</summary>
internal ref struct SafetensorsHeaderParser(ReadOnlySpan<byte> json, string source)
{
    // Object, tensor, shape; a few more levels for unknown members, which are skipped.
    private const int MaxDepth = 16;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

    public List<SafetensorsEntry> Entries { get; } = [];
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public void Run()
    {
        _reader.Read();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = _reader.GetString()!;
            if (!_names.Add(name))
                throw new SafetensorsException(source, name, "the header names it twice.", "Save the file again with distinct names.");
            _reader.Read();
            if (name == SafetensorsHeader.MetadataKey)
                ReadMetadata();
            else
                Entries.Add(ReadEntry(name));
        }
        // White space is all that may follow: the reader throws at anything else.
        while (_reader.Read())
        {
        }
    }

    private void ReadMetadata()
    {
        const string Remedy = "Its values must be text: save numbers and lists as strings.";
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw new SafetensorsException(source, null, $"{SafetensorsHeader.MetadataKey} is not a JSON object.", Remedy);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = _reader.GetString()!;
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.String)
                throw new SafetensorsException(source, null, $"{SafetensorsHeader.MetadataKey} has a value that is not a string at '{SafetensorsException.Printable(key)}'.", Remedy);
            if (!Metadata.TryAdd(key, _reader.GetString()!))
                throw new SafetensorsException(source, null, $"{SafetensorsHeader.MetadataKey} has the key '{SafetensorsException.Printable(key)}' twice.", "Save the file again with distinct keys.");
        }
    }

    private SafetensorsEntry ReadEntry(string name)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw new SafetensorsException(source, name, "its description is not a JSON object.");
        SafetensorsType? type = null;
        ImmutableArray<long> shape = default, offsets = default;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (_reader.ValueTextEquals("dtype"u8))
                type = type is null ? ReadType(name) : throw Twice(name, "dtype");
            else if (_reader.ValueTextEquals("shape"u8))
                shape = shape.IsDefault ? ReadNumbers(name, "shape") : throw Twice(name, "shape");
            else if (_reader.ValueTextEquals("data_offsets"u8))
                offsets = offsets.IsDefault ? ReadNumbers(name, "data_offsets") : throw Twice(name, "data_offsets");
            else
                _reader.Skip();
        }
        if (type is null || shape.IsDefault || offsets.IsDefault)
            throw new SafetensorsException(source, name, $"its description lacks {(type is null ? "dtype" : shape.IsDefault ? "shape" : "data_offsets")}.");
        if (offsets.Length != 2)
            throw new SafetensorsException(source, name, $"data_offsets has {offsets.Length} numbers instead of begin and end.");
        if (offsets[0] > offsets[1])
            throw new SafetensorsException(source, name, $"its data would begin at {offsets[0]} and end before that, at {offsets[1]}.");
        var entry = new SafetensorsEntry(name, type.Value, shape, offsets[0], offsets[1]);
        CheckLength(entry);
        return entry;
    }

    private SafetensorsType ReadType(string tensor)
    {
        _reader.Read();
        string? name = _reader.TokenType == JsonTokenType.String ? _reader.GetString() : null;
        if (!SafetensorsTypes.TryParse(name, out SafetensorsType type))
            throw new SafetensorsException(source, tensor, $"its dtype '{SafetensorsException.Printable(name ?? "(not a string)")}' is unknown.", $"Known are {SafetensorsTypes.List}; convert the tensor to one of them.");
        return type;
    }

    private ImmutableArray<long> ReadNumbers(string tensor, string what)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartArray)
            throw new SafetensorsException(source, tensor, $"{what} is not a list.");
        var numbers = ImmutableArray.CreateBuilder<long>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long number) || number < 0)
                throw new SafetensorsException(source, tensor, $"{what} contains something other than an integer from 0 to 2^63 - 1.");
            numbers.Add(number);
        }
        return numbers.DrainToImmutable();
    }

    private readonly SafetensorsException Twice(string tensor, string key) =>
        new(source, tensor, $"its description has {key} twice.", "Save the file again with distinct keys.");

    /// <summary>The offsets must span exactly the bytes of the shape.</summary>
    private readonly void CheckLength(SafetensorsEntry entry)
    {
        if (!TryBytes(entry.Type, entry.Shape, out long bytes))
            throw new SafetensorsException(source, entry.Name, $"the size of {entry.Type}[{string.Join(", ", entry.Shape)}] is too large for any file or does not fill whole bytes.");
        if (bytes != entry.Length)
            throw new SafetensorsException(source, entry.Name, $"{entry.Type}[{string.Join(", ", entry.Shape)}] takes {bytes} bytes, but data_offsets span {entry.Length}.");
    }

    /// <summary>Bytes of a tensor; false on overflow, or when sub-byte elements end inside a byte.</summary>
    internal static bool TryBytes(SafetensorsType type, ImmutableArray<long> shape, out long bytes)
    {
        bytes = 0;
        long count = 1;
        foreach (long extent in shape)
        {
            if (extent != 0 && count > long.MaxValue / extent)
                return false;
            count *= extent;
        }
        UInt128 bits = (UInt128)count * (uint)type.Bits();
        if (bits / 8 > long.MaxValue || bits % 8 != 0)
            return false;
        bytes = (long)(bits / 8);
        return true;
    }
}
