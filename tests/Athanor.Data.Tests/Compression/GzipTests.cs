using System.IO.Compression;
using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Tests.Compression;

public sealed class GzipTests
{
    [Fact]
    public void Checksums_are_the_published_ones_and_both_ways_agree()
    {
        Assert.Equal(0xCBF43926u, Crc32.Append(0, "123456789"u8));
        var random = new Random(1);
        for (int length = 0; length < 400; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            uint crc = (uint)random.Next();
            Assert.Equal(~Crc32.AppendByTable(~crc, bytes), Crc32.Append(crc, bytes));
            Assert.Equal(Crc32.Append(0, bytes), Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, length / 3)), bytes.AsSpan(length / 3)));
        }
    }

    [Fact]
    public void Members_of_any_size_are_found_with_their_places()
    {
        var random = new Random(2);
        var file = new MemoryStream();
        var members = new List<(long Start, byte[] Content)>();
        for (int i = 0; i < 60; i++)
        {
            byte[] content = new byte[i % 9 == 0 ? 0 : random.Next(60_000)];
            if (i % 3 == 0)
                random.NextBytes(content);
            else
                content.AsSpan().Fill((byte)i);
            members.Add((file.Position, content.Length == 0 ? "hello"u8.ToArray() : content));
            using var gzip = new GZipStream(file, i % 2 == 0 ? CompressionLevel.NoCompression : CompressionLevel.Optimal, leaveOpen: true);
            if (content.Length == 0)
                file.Write(WithFields());
            else
                gzip.Write(content);
        }
        file.Write(new byte[700]);
        using var reader = new GzipMembers(new MemoryStream(file.ToArray()), 0);
        foreach ((long start, byte[] content) in members)
        {
            Assert.True(reader.Next());
            Assert.Equal(start, reader.Start);
            Assert.Equal(content, Rest(reader));
        }
        Assert.False(reader.Next());
        (long place, byte[] expected) = members[31];
        reader.Seek(place);
        Assert.True(reader.Next());
        Assert.Equal(expected, Rest(reader));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("nonsense that is no gzip", 0)]
    [InlineData("\u001f\u008b\u0008\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u00ff\u00ff", 0)]
    [InlineData("\u001f\u008b\u0008\u0008\u0000\u0000\u0000\u0000\u0000\u0000name without an end", 0)]
    public void What_is_no_member_is_an_error_with_its_place(string text, int place)
    {
        using var reader = new GzipMembers(new MemoryStream(Encoding.Latin1.GetBytes(text)), 0);
        if (text.Length == 0)
            Assert.False(reader.Next());
        else
            Assert.Equal(place, Assert.Throws<ReadStopException>(() => reader.Next()).Offset);
    }

    private static byte[] Rest(GzipMembers reader)
    {
        var content = new MemoryStream();
        byte[] buffer = new byte[3000];
        while (reader.Read(buffer) is > 0 and int read)
            content.Write(buffer, 0, read);
        return content.ToArray();
    }

    /// <summary>A member with every optional field of the header: "hello".</summary>
    private static byte[] WithFields()
    {
        var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write("hello"u8);
        return [0x1F, 0x8B, 8, 0x1E, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, .. "name\0comment\0"u8, 1, 2, .. packed.ToArray(), .. BitConverter.GetBytes(Crc32.Append(0, "hello"u8)), 5, 0, 0, 0];
    }
}
