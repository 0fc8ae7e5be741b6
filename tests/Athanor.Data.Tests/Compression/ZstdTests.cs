using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Tests.Compression;

public sealed partial class ZstdTests
{
    /// <summary>"Hello, hello, hello!" and a newline by zstd 1.5.4, with checksum.</summary>
    private const string Small = "28b52ffd04588500005048656c6c6f2c2068210a0100320a17d4d1e57a";

    public static TheoryData<int, int> Levels
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (int level in (int[])[-5, 1, 3, 12])
            {
                for (int kind = 0; kind < 6; kind++)
                    data.Add(level, kind);
            }
            return data;
        }
    }

    [Fact]
    public void Hashes_are_the_published_ones()
    {
        foreach ((string text, ulong expected) in new (string, ulong)[] { ("", 0xEF46DB3751D8E999), ("a", 0xD24EC4F1A98C6E5B), ("abc", 0x44BC2CF5AD770999), ("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1) })
        {
            var hash = new XxHash64();
            foreach (byte b in Encoding.ASCII.GetBytes(text))
                hash.Append([b]);
            Assert.Equal(expected, hash.Finish());
        }
    }

    [LibZstdTheory]
    [MemberData(nameof(Levels))]
    public void What_libzstd_packs_is_unpacked(int level, int kind)
    {
        foreach (int size in (int[])[0, 1, 5, 100, 5_000, 200_000, 1_000_000])
        {
            byte[] content = Content(kind, size, new Random(size + kind));
            byte[] packed = LibZstd.Pack(content, level);
            Assert.True(content.AsSpan().SequenceEqual(Unpack([.. packed, 0x52, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3, .. packed]).AsSpan(0, size)));
            Assert.Equal(2 * size, Unpack([.. packed, .. packed]).Length);
        }
    }

    [LibZstdFact]
    public void Every_cut_is_named_and_changed_bytes_do_not_pass_the_checksum()
    {
        byte[] content = Content(2, 20_000, new Random(1)), packed = LibZstd.Pack(content, 5);
        for (int cut = 1; cut < packed.Length; cut += 197)
            Assert.Equal(ReadProblemKind.Truncated, Assert.Throws<ReadStopException>(() => Unpack(packed[..^cut])).Kind);
        var random = new Random(2);
        for (int i = 0; i < 300; i++)
        {
            byte[] changed = [.. packed];
            changed[4 + random.Next(packed.Length - 4)] ^= (byte)(1 << random.Next(8));
            try
            {
                Assert.True(content.AsSpan().SequenceEqual(Unpack(changed)));
            }
            catch (ReadStopException e)
            {
                Assert.NotEqual(ReadProblemKind.Unreadable, e.Kind);
            }
        }
    }

    [Theory]
    [InlineData("01020304", ReadProblemKind.Damaged, "no frame")]
    [InlineData("28b52ffd00c0000000", ReadProblemKind.Unsupported, "window")]
    [InlineData("28b52ffd21070101", ReadProblemKind.Unsupported, "dictionary")]
    [InlineData("28b52f", ReadProblemKind.Truncated, "ends")]
    public void What_cannot_be_unpacked_is_named(string hex, object kind, string says)
    {
        var error = Assert.Throws<ReadStopException>(() => Unpack(Convert.FromHexString(hex)));
        Assert.Equal((ReadProblemKind)kind, error.Kind);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_frame_is_unpacked_without_the_library() => Assert.Equal("Hello, hello, hello!\n", Encoding.ASCII.GetString(Unpack(Convert.FromHexString(Small))));

    internal static byte[] Unpack(byte[] packed)
    {
        using var stream = new ZstdStream(new MemoryStream(packed));
        var content = new MemoryStream();
        stream.CopyTo(content, 77_777);
        return content.ToArray();
    }

    internal static byte[] Content(int kind, int size, Random random)
    {
        byte[] content = new byte[size];
        switch (kind)
        {
            case 0:
                random.NextBytes(content);
                break;
            case 1:
                content.AsSpan().Fill((byte)'x');
                break;
            case 2:
                string[] words = [.. Enumerable.Range(0, 500).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)('a' + random.Next(26)))) + " ")];
                for (int at = 0; at < size;)
                {
                    byte[] word = Encoding.ASCII.GetBytes(words[Math.Min(random.Next(500), random.Next(500))]);
                    int take = Math.Min(word.Length, size - at);
                    word.AsSpan(0, take).CopyTo(content.AsSpan(at));
                    at += take;
                }
                break;
            case 3:
                for (int i = 0; i < size; i++)
                    content[i] = i < 1000 ? (byte)random.Next(256) : content[i - 997];
                break;
            case 4:
                for (int i = 0; i < size; i++)
                    content[i] = (byte)(random.Next(20) == 0 ? random.Next(256) : 'a' + random.Next(3));
                break;
            default:
                for (int i = 0; i < size; i++)
                    content[i] = (byte)(i >> 3);
                break;
        }
        return content;
    }
}

/// <summary>The library of the reference implementation, for tests alone.</summary>
internal static partial class LibZstd
{
    private const string Name = "libzstd.so.1";

    public static bool IsThere { get; } = NativeLibrary.TryLoad(Name, out _);

    public static byte[] Pack(byte[] content, int level)
    {
        nint context = CreateContext();
        try
        {
            SetParameter(context, 100, level);
            SetParameter(context, 201, 1);
            byte[] packed = new byte[content.Length + content.Length / 4 + 1024];
            nuint length = Compress(context, packed, (nuint)packed.Length, content, (nuint)content.Length);
            Debug.Assert(length <= (nuint)packed.Length, "libzstd reports an error");
            return packed[..(int)length];
        }
        finally
        {
            FreeContext(context);
        }
    }

    [LibraryImport(Name, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateContext();

    [LibraryImport(Name, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeContext(nint context);

    [LibraryImport(Name, EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Name, EntryPoint = "ZSTD_compress2")]
    private static partial nuint Compress(nint context, byte[] packed, nuint capacity, byte[] content, nuint length);
}

/// <summary>Skipped where libzstd is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LibZstdTheoryAttribute : TheoryAttribute
{
    public LibZstdTheoryAttribute() => Skip = LibZstd.IsThere ? null : "libzstd.so.1 is not installed.";
}

/// <summary>Skipped where libzstd is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LibZstdFactAttribute : FactAttribute
{
    public LibZstdFactAttribute() => Skip = LibZstd.IsThere ? null : "libzstd.so.1 is not installed.";
}
