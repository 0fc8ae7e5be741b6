using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Athanor.Data.Readers;

namespace Athanor.Data.Warc;

/// <summary>Takes the body out of an HTTP response as crawlers keep it: chunks joined and compression undone where the bytes still have them.</summary>
internal static class HttpBody
{
    /// <summary>The body; chunks and compression that the head names but the bytes do not have are taken for undone.</summary>
    /// <exception cref="InvalidDataException">The compressed body is damaged or unpacks to too much.</exception>
    public static ReadOnlyMemory<byte> Of(WarcHeader head, ReadOnlyMemory<byte> body, ReadLimits limits)
    {
        if (head["Transfer-Encoding"].Contains("chunked", StringComparison.OrdinalIgnoreCase) && Join(body) is { } joined)
            body = joined;
        string encoding = head["Content-Encoding"];
        if (encoding.Length == 0)
            return body;
        if (encoding.Contains("gzip", StringComparison.OrdinalIgnoreCase) && body.Span.StartsWith([(byte)0x1F, (byte)0x8B]))
            return Unpack(new GZipStream(Input(body), CompressionMode.Decompress), body.Length, limits);
        if (encoding.Equals("deflate", StringComparison.OrdinalIgnoreCase) && body.Length > 2 && (body.Span[0] & 15) == 8 && ((body.Span[0] << 8) + body.Span[1]) % 31 == 0)
            return Unpack(new ZLibStream(Input(body), CompressionMode.Decompress), body.Length, limits);
        if (encoding.Equals("br", StringComparison.OrdinalIgnoreCase) && !IsMarkup(body.Span))
            return Unpack(new BrotliStream(Input(body), CompressionMode.Decompress), body.Length, limits);
        return body;
    }

    /// <summary>Whether bytes look like a page.</summary>
    public static bool IsMarkup(ReadOnlySpan<byte> body)
    {
        string head = Encoding.Latin1.GetString(body[..Math.Min(body.Length, 1024)]);
        return head.Contains("<html", StringComparison.OrdinalIgnoreCase) || head.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase) || head.Contains("<head", StringComparison.OrdinalIgnoreCase);
    }

    private static MemoryStream Input(ReadOnlyMemory<byte> body) => new(body.ToArray(), writable: false);

    private static byte[] Unpack(Stream packed, int length, ReadLimits limits)
    {
        using (packed)
        {
            var unpacked = new ArrayBufferWriter<byte>(Math.Max(256, length * 4));
            while (Next(packed, unpacked.GetSpan(1 << 14)) is > 0 and int read)
            {
                unpacked.Advance(read);
                if (unpacked.WrittenCount > limits.LargestRecord || limits.IsBomb(length, unpacked.WrittenCount))
                    throw new InvalidDataException($"the body of {length} bytes unpacks to {unpacked.WrittenCount} and more");
            }
            return unpacked.WrittenSpan.ToArray();
        }
    }

    /// <summary>The class library calls damaged Brotli an invalid operation.</summary>
    private static int Next(Stream packed, Span<byte> bytes)
    {
        try
        {
            return packed.Read(bytes);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>Joins chunks (RFC 9112, section 7.1); null where the bytes have none.</summary>
    private static byte[]? Join(ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> rest = body.Span;
        var joined = new ArrayBufferWriter<byte>(Math.Max(1, rest.Length));
        while (rest.Length > 0)
        {
            int line = rest[..Math.Min(rest.Length, 256)].IndexOf((byte)'\n');
            if (line < 0)
                return joined.WrittenCount > 0 ? joined.WrittenSpan.ToArray() : null;
            ReadOnlySpan<byte> size = rest[..line].Trim(" \t\r"u8);
            if (size.IndexOf((byte)';') is >= 0 and int extension)
                size = size[..extension].TrimEnd(" \t"u8);
            if (!int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int bytes) || bytes < 0)
                return joined.WrittenCount > 0 ? joined.WrittenSpan.ToArray() : null;
            if (bytes == 0)
                break;
            rest = rest[(line + 1)..];
            bytes = Math.Min(bytes, rest.Length);
            joined.Write(rest[..bytes]);
            rest = rest[bytes..].TrimStart("\r\n"u8);
        }
        return joined.WrittenSpan.ToArray();
    }
}
