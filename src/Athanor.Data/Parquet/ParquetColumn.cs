using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Parquet;

/// <summary>Goes through a column's values in a row group; memory holds one page and the dictionary.</summary>
internal sealed class ParquetColumn(Stream file, ParquetField field, ParquetChunk chunk, int largestPage)
{
    private const int HeaderWindow = 1 << 14;
    private readonly byte[] _header = new byte[HeaderWindow];
    private long _position = chunk.Offset, _left = chunk.Values;
    private ReadOnlyMemory<byte> _values, _dictionary;
    private List<(int Start, int Length)>? _entries;
    private HybridReader? _levels, _indices, _truths;
    private DeltaReader? _deltas, _lengths, _prefixes;
    private byte[] _before = [];
    private bool _split;
    private int _at, _bit, _pageLeft;

    /// <summary>The next value as text, or null.</summary>
    /// <exception cref="InvalidDataException">The pages contradict themselves.</exception>
    public string? Next()
    {
        while (_pageLeft == 0)
            Page();
        _pageLeft--;
        if (_levels is { } levels && levels.Next() == 0)
            return null;
        if (_indices is { } indices)
        {
            int index = indices.Next();
            (int start, int length) = index >= 0 && index < _entries!.Count ? _entries[index] : throw new InvalidDataException("a value is not in its dictionary");
            return Text(_dictionary.Span.Slice(start, length));
        }
        if (_truths is { } truths)
            return truths.Next() != 0 ? "true" : "false";
        if (_deltas is { } deltas)
            return (field.Type == ParquetType.Int32 ? (int)deltas.Next() : deltas.Next()).ToString(CultureInfo.InvariantCulture);
        if (_lengths is { } lengths)
            return Text(Delta(lengths));
        if (_split)
            return Text(Gathered());
        if (field.Type == ParquetType.Boolean)
        {
            bool value = (Values(_bit >> 3, 1)[0] & (1 << (_bit & 7))) != 0;
            _bit++;
            return value ? "true" : "false";
        }
        int size = Size(_values.Span, ref _at);
        ReadOnlySpan<byte> bytes = Values(_at, size);
        _at += size;
        return Text(bytes);
    }

    private ReadOnlySpan<byte> Values(int start, int length) => length >= 0 && start <= _values.Length - length ? _values.Span.Slice(start, length) : throw new InvalidDataException("a page has fewer values than it says");

    /// <summary>The length of the value at a place; of texts it stands in front, and is passed over.</summary>
    private int Size(ReadOnlySpan<byte> bytes, ref int at)
    {
        switch (field.Type)
        {
            case ParquetType.Int32 or ParquetType.Float:
                return 4;
            case ParquetType.Int64 or ParquetType.Double:
                return 8;
            case ParquetType.Int96:
                return 12;
            case ParquetType.FixedLengthByteArray:
                return field.Length;
            default:
                if (at > bytes.Length - 4)
                    throw new InvalidDataException("a page has fewer values than it says");
                int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
                at += 4;
                return length;
        }
    }

    private string Text(ReadOnlySpan<byte> bytes) => field.Type switch
    {
        ParquetType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        ParquetType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        ParquetType.Float => BinaryPrimitives.ReadSingleLittleEndian(bytes).ToString("R", CultureInfo.InvariantCulture),
        ParquetType.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes).ToString("R", CultureInfo.InvariantCulture),
        ParquetType.ByteArray => Encoding.UTF8.GetString(bytes),
        _ => Convert.ToHexStringLower(bytes),
    };

    private void Page()
    {
        if (_left <= 0 || _position >= chunk.Offset + chunk.Bytes)
            throw new InvalidDataException($"the column '{field.Name}' has fewer values than the row group has rows");
        int window = (int)Math.Min(HeaderWindow, chunk.Offset + chunk.Bytes - _position);
        file.Position = _position;
        file.ReadExactly(_header, 0, window);
        ParquetPage page = ParquetPage.Read(_header.AsSpan(0, window));
        _position += page.HeaderLength;
        if (page.Packed < 0 || page.Packed > chunk.Offset + chunk.Bytes - _position || page.Unpacked < 0)
            throw new InvalidDataException("a page does not lie within its column");
        if (page.Unpacked > largestPage || page.Packed > largestPage)
            throw new ReadStopException(ReadProblemKind.TooLong, _position, $"a page of {Math.Max(page.Unpacked, page.Packed)} bytes; {largestPage} are read (largest_record_mib)");
        byte[] packed = new byte[page.Packed];
        file.Position = _position;
        file.ReadExactly(packed);
        _position += page.Packed;
        switch (page.Type)
        {
            case ParquetPage.Dictionary:
                SetDictionary(Unpack(packed, page.Unpacked), page);
                break;
            case ParquetPage.Data:
                SetData(Unpack(packed, page.Unpacked), page);
                break;
            case ParquetPage.DataV2:
                SetDataV2(packed, page);
                break;
        }
    }

    private void SetDictionary(ReadOnlyMemory<byte> bytes, ParquetPage page)
    {
        _dictionary = bytes;
        _entries = [];
        for (int at = 0; _entries.Count < page.Values;)
        {
            int size = Size(bytes.Span, ref at);
            if (size < 0 || at > bytes.Length - size)
                throw new InvalidDataException("a dictionary has fewer values than it says");
            if (size == 0 && _entries.Count > bytes.Length)
                throw new InvalidDataException("a dictionary has more values than bytes");
            _entries.Add((at, size));
            at += size;
        }
    }

    private void SetData(ReadOnlyMemory<byte> bytes, ParquetPage page)
    {
        _levels = null;
        if (field.Optional)
        {
            if (page.LevelEncoding != ParquetPage.Rle)
                throw new ReadStopException(ReadProblemKind.Unsupported, _position, $"the column '{field.Name}' has levels of encoding {page.LevelEncoding}");
            int length = bytes.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            if (length < 0 || length > bytes.Length - 4)
                throw new InvalidDataException("a page's levels are longer than itself");
            _levels = new HybridReader(bytes.Slice(4, length), 1);
            bytes = bytes[(4 + length)..];
        }
        SetValues(bytes, page);
    }

    private void SetDataV2(ReadOnlyMemory<byte> bytes, ParquetPage page)
    {
        if (page.LevelBytes < 0 || page.RepetitionBytes < 0 || page.LevelBytes > bytes.Length - page.RepetitionBytes)
            throw new InvalidDataException("a page's levels are longer than itself");
        int levels = page.RepetitionBytes + page.LevelBytes;
        _levels = field.Optional ? new HybridReader(bytes.Slice(page.RepetitionBytes, page.LevelBytes), 1) : null;
        SetValues(page.IsPacked ? Unpack(bytes[levels..].ToArray(), page.Unpacked - levels) : bytes[levels..], page);
    }

    private void SetValues(ReadOnlyMemory<byte> bytes, ParquetPage page)
    {
        (_values, _at, _bit, _indices, _truths, _deltas, _lengths, _prefixes, _split) = (bytes, 0, 0, null, null, null, null, null, false);
        switch (page.Encoding)
        {
            case ParquetPage.Plain:
                break;
            case ParquetPage.PlainDictionary or ParquetPage.RleDictionary when _entries is not null:
                // Pages of nothing but nulls may have no bytes at all.
                int width = bytes.IsEmpty ? 0 : bytes.Span[0];
                _indices = width <= 32 ? new HybridReader(bytes.IsEmpty ? bytes : bytes[1..], width) : throw new InvalidDataException("a page's indices are wider than allowed");
                break;
            case ParquetPage.Rle when field.Type == ParquetType.Boolean && bytes.Length >= 4:
                _truths = new HybridReader(bytes[4..], 1);
                break;
            case ParquetPage.DeltaNumbers when field.Type is ParquetType.Int32 or ParquetType.Int64:
                _deltas = new DeltaReader(bytes);
                break;
            case ParquetPage.DeltaLengths when field.Type == ParquetType.ByteArray:
                (_lengths, _at) = Lengths(bytes, 0);
                break;
            case ParquetPage.DeltaTexts when field.Type is ParquetType.ByteArray or ParquetType.FixedLengthByteArray:
                (_prefixes, int behind) = Lengths(bytes, 0);
                (_lengths, _at) = Lengths(bytes, behind);
                _before = [];
                break;
            case ParquetPage.SplitBytes when field.Type is not (ParquetType.ByteArray or ParquetType.Boolean):
                _split = true;
                break;
            default:
                throw new ReadStopException(ReadProblemKind.Unsupported, _position, $"the column '{field.Name}' ({field.Type}) is in encoding {page.Encoding}, which is not read");
        }
        (_pageLeft, _left) = (page.Values, _left - page.Values);
        if (_left < 0 || page.Values < 0)
            throw new InvalidDataException("a column has more values than it says");
    }

    /// <summary>A reader of lengths, and where what they measure begins.</summary>
    private static (DeltaReader Lengths, int Behind) Lengths(ReadOnlyMemory<byte> bytes, int from)
    {
        var all = new DeltaReader(bytes[from..]);
        if (all.Count > (1 << 22) + 8L * bytes.Length)
            throw new InvalidDataException("a page has more values than bits");
        for (int i = 0; i < all.Count; i++)
            all.Next();
        return (new DeltaReader(bytes[from..]), from + all.Position);
    }

    private ReadOnlySpan<byte> Delta(DeltaReader lengths)
    {
        long length = lengths.Next(), prefix = _prefixes?.Next() ?? 0;
        if (length < 0 || length > _values.Length - _at || prefix < 0 || prefix > _before.Length)
            throw new InvalidDataException("a page's lengths are longer than itself");
        ReadOnlySpan<byte> text = Values(_at, (int)length);
        _at += (int)length;
        if (_prefixes is null)
            return text;
        if (prefix + length > largestPage)
            throw new InvalidDataException("a page's values grow beyond all bounds");
        return _before = [.. _before.AsSpan(0, (int)prefix), .. text];
    }

    /// <summary>A value whose bytes lie apart: all first bytes, then all second ones.</summary>
    private byte[] Gathered()
    {
        int at = 0, size = Size([], ref at), count = _values.Length / Math.Max(1, size);
        if (_at >= count)
            throw new InvalidDataException("a page has fewer values than it says");
        byte[] value = new byte[size];
        for (int i = 0; i < size; i++)
            value[i] = _values.Span[i * count + _at];
        _at++;
        return value;
    }

    private byte[] Unpack(byte[] packed, int length)
    {
        if (length < 0)
            throw new InvalidDataException("a page's levels are longer than itself");
        if (chunk.Codec == 0)
            return packed.Length == length ? packed : throw new InvalidDataException("a page has another length than it says");
        byte[] bytes = new byte[length];
        if (chunk.Codec == 1)
        {
            Snappy.Unpack(packed, bytes);
            return bytes;
        }
        var input = new MemoryStream(packed);
        using Stream stream = chunk.Codec switch
        {
            2 => new GzipSequence(input),
            4 => new BrotliStream(input, CompressionMode.Decompress),
            6 => new ZstdStream(input),
            _ => throw new ReadStopException(ReadProblemKind.Unsupported, _position, $"the column '{field.Name}' is packed by codec {chunk.Codec}; none, snappy, gzip, brotli and zstd are read"),
        };
        if (stream.ReadAtLeast(bytes, length, throwOnEndOfStream: false) < length || stream.ReadByte() >= 0)
            throw new InvalidDataException("a page has another length than it says");
        return bytes;
    }
}
