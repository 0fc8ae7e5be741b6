using System.IO.Compression;
using System.Text;
using Athanor.Data.Compression;

namespace Athanor.Data.Tests.Compression;

/// <summary>The class library's decompressor is the judge: what it unpacks, we unpack to the same bytes, and what it refuses, we refuse.</summary>
public sealed class InflaterTests
{
    [Theory]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    [InlineData(CompressionLevel.NoCompression)]
    public void What_was_packed_comes_out_again(CompressionLevel level)
    {
        var random = new Random((int)level + 1);
        for (int i = 0; i < 60; i++)
        {
            byte[] content = Content(random, i);
            byte[] packed = Pack(content, level);
            (byte[] unpacked, int consumed, string end) = Inflate([.. packed, 1, 2, 3], random);
            Assert.Equal("ended", end);
            Assert.Equal(packed.Length, consumed);
            Assert.Equal(content, unpacked);
        }
    }

    [Fact]
    public void Data_cut_anywhere_gives_what_is_there_and_is_truncated()
    {
        var random = new Random(7);
        byte[] content = Content(random, 3)[..3000], packed = Pack(content, CompressionLevel.Optimal);
        for (int length = 0; length < packed.Length; length++)
        {
            (byte[] unpacked, _, string end) = Inflate(packed.AsSpan(0, length).ToArray(), random);
            Assert.Equal("truncated", end);
            Assert.True(content.AsSpan().StartsWith(unpacked));
        }
    }

    [Theory]
    [InlineData("03 00", "")]
    [InlineData("01 00 00 FF FF", "")]
    [InlineData("01 01 00 FE FF 41", "A")]
    [InlineData("4B 04 00", "a")]
    [InlineData("4B 4C 04 03 00", "aaaaaaa")]
    public void Smallest_data(string hex, string text)
    {
        (byte[] unpacked, _, string end) = Inflate(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), new Random(1));
        Assert.Equal(("ended", text), (end, Encoding.ASCII.GetString(unpacked)));
    }

    [Theory]
    [InlineData("07")]
    [InlineData("01 01 00 FE FE 41")]
    [InlineData("4B 04 12 00")]
    [InlineData("FD FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF")]
    public void Data_that_contradicts_itself_is_damaged(string hex)
    {
        Assert.Equal("damaged", Inflate(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), new Random(1)).End);
    }

    [Fact]
    public void Changed_data_is_judged_as_the_class_library_judges_it() => Compare(3000, 11);

    [Fact]
    [Trait("Category", "Long")]
    public void Hundreds_of_thousands_of_changed_data_are_judged_as_the_class_library_judges_them() => Compare(300_000, 12);

    private static void Compare(int count, int seed)
    {
        var random = new Random(seed);
        byte[][] seeds = [.. Enumerable.Range(0, 24).Select(i => Pack(Content(random, i) is { Length: > 4000 } large ? large[..4000] : Content(random, i), i % 4 == 3 ? CompressionLevel.Fastest : CompressionLevel.Optimal))];
        int ended = 0, damaged = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] packed = [.. seeds[random.Next(seeds.Length)]];
            // Heads of blocks are where the many rules are.
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                packed[random.Next(random.Next(2) == 0 ? Math.Min(100, packed.Length) : packed.Length)] ^= (byte)(1 << random.Next(8));
            if (random.Next(4) == 0)
                random.NextBytes(packed.AsSpan(0, Math.Min(packed.Length, random.Next(1, 40))));
            (byte[] expected, bool refused) = Judge(packed);
            (byte[] unpacked, _, string end) = Inflate(packed, random);
            Assert.True(refused == (end == "damaged"), $"{i}: {end}; refused: {refused}; {Convert.ToHexString(packed)}");
            if (!refused)
                Assert.Equal(expected, unpacked);
            ended += end == "ended" ? 1 : 0;
            damaged += end == "damaged" ? 1 : 0;
        }
        Assert.InRange(ended, count / 50, count);
        Assert.InRange(damaged, count / 10, count);
    }

    /// <summary>Text, noise, runs, near and far repeats.</summary>
    private static byte[] Content(Random random, int kind)
    {
        byte[] content = new byte[kind % 5 == 0 ? random.Next(300) : random.Next(200_000)];
        switch (kind % 6)
        {
            case 0:
                random.NextBytes(content);
                break;
            case 1:
                content.AsSpan().Fill((byte)random.Next(256));
                break;
            case 2:
                for (int i = 0; i < content.Length; i++)
                    content[i] = (byte)(i < 40_000 ? random.Next(256) : content[i - random.Next(1, 3) * 16_000]);
                break;
            case 3:
                byte[][] words = [.. Enumerable.Range(0, 300).Select(word => Enumerable.Range(0, 1 + word % 9).Select(letter => (byte)('a' + random.Next(26))).ToArray())];
                for (int i = 0; i < content.Length;)
                {
                    byte[] word = words[(int)(300 * random.NextDouble() * random.NextDouble())];
                    for (int j = 0; j < word.Length && i < content.Length; j++)
                        content[i++] = word[j];
                    if (i < content.Length)
                        content[i++] = (byte)' ';
                }
                break;
            default:
                for (int i = 0; i < content.Length;)
                {
                    int distance = random.Next(1, 40), length = Math.Min(random.Next(1, 600), content.Length - i);
                    for (int end = i + length; i < end; i++)
                        content[i] = i < distance || random.Next(50) == 0 ? (byte)random.Next(kind % 2 == 0 ? 4 : 256) : content[i - distance];
                }
                break;
        }
        return content;
    }

    private static byte[] Pack(byte[] content, CompressionLevel level)
    {
        var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, level, leaveOpen: true))
            deflate.Write(content);
        return packed.ToArray();
    }

    private static (byte[] Unpacked, bool Refused) Judge(byte[] packed)
    {
        var unpacked = new MemoryStream();
        using var deflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
        try
        {
            deflate.CopyTo(unpacked);
            return (unpacked.ToArray(), false);
        }
        catch (InvalidDataException)
        {
            return ([], true);
        }
    }

    /// <summary>Input and output come in pieces of any size.</summary>
    private static (byte[] Unpacked, int Consumed, string End) Inflate(byte[] packed, Random random)
    {
        using var inflater = new Inflater();
        inflater.Reset();
        var unpacked = new MemoryStream();
        int at = 0;
        while (!inflater.Ended && !inflater.Damaged && !inflater.Truncated)
        {
            int length = Math.Min(packed.Length - at, Inflater.Least + random.Next(5000));
            unpacked.Write(inflater.Run(packed.AsSpan(at, length), at + length == packed.Length, random.Next(1, 100_000), out int consumed).Span);
            at += consumed;
        }
        return (unpacked.ToArray(), at, inflater.Ended ? "ended" : inflater.Damaged ? "damaged" : "truncated");
    }
}
