using System.IO.Compression;
using System.Text;

namespace Athanor.Data.Tests.Warc;

/// <summary>Writes crawl files, right ones and wrong ones.</summary>
internal static class WarcText
{
    public static byte[] Record(string id, ReadOnlySpan<byte> block, string type = "response", string contentType = "application/http; msgtype=response", int? length = null, string end = "\r\n\r\n") =>
        [.. Encoding.UTF8.GetBytes($"WARC/1.0\r\nWARC-Type: {type}\r\nWARC-Record-ID: <urn:uuid:{id}>\r\nWARC-Target-URI: http://x.test/{id}\r\nContent-Type: {contentType}\r\nContent-Length: {length ?? block.Length}\r\n\r\n"), .. block, .. Encoding.UTF8.GetBytes(end)];

    public static byte[] Page(string id, string text, string head = "Content-Type: text/html; charset=utf-8\r\n") => Record(id, Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\n{head}\r\n{text}"));

    public static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
