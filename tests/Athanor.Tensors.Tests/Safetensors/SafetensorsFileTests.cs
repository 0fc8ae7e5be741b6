using System.Runtime.InteropServices;
using Athanor.Tensors.Safetensors;

namespace Athanor.Tensors.Tests.Safetensors;

public sealed class SafetensorsFileTests
{
    private static ReadOnlyMemory<byte> Bytes<T>(params T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    [Fact]
    public void A_small_file_has_exactly_the_bytes_derived_by_hand()
    {
        using var directory = new TemporaryDirectory();
        SafetensorsWriter.Write(
            directory["x.safetensors"],
            [SafetensorsSource.Of("a", SafetensorsType.BF16, [1], Bytes<ushort>(0x3F80)), SafetensorsSource.Of("b", SafetensorsType.F32, [2], Bytes(1f, -2f))],
            new Dictionary<string, string> { ["format"] = "pt" });
        // The header's 140 characters are padded to 144 = 0x90; F32 comes before BF16; 1 = 3F800000, -2 = C0000000, bf16 1 = 3F80.
        byte[] expected =
        [
            0x90, 0, 0, 0, 0, 0, 0, 0,
            .. "{\"__metadata__\":{\"format\":\"pt\"},"u8,
            .. "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"u8,
            .. "\"a\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[8,10]}}    "u8,
            0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0, 0x80, 0x3F,
        ];
        Assert.Equal(expected, File.ReadAllBytes(directory["x.safetensors"]));
        Assert.Equal(["x.safetensors"], directory.Names);
    }

    [Fact]
    public void Tensors_lie_by_type_then_by_name_as_in_the_original_library()
    {
        using var directory = new TemporaryDirectory();
        (string, SafetensorsType)[] order =
        [
            ("z", SafetensorsType.U64), ("y", SafetensorsType.I64), ("x", SafetensorsType.F64), ("c", SafetensorsType.C64), ("Z", SafetensorsType.F32), ("a", SafetensorsType.F32),
            ("é", SafetensorsType.F32), ("\uFF21", SafetensorsType.F32), ("😀", SafetensorsType.F32), ("u", SafetensorsType.I32), ("t", SafetensorsType.BF16), ("s", SafetensorsType.F16), ("r", SafetensorsType.I8), ("q", SafetensorsType.BOOL),
        ];
        SafetensorsWriter.Write(directory["x"], order.Reverse().Select(pair => SafetensorsSource.Of(pair.Item1, pair.Item2, [1], new byte[pair.Item2.Bits() / 8])));
        using SafetensorsFile file = SafetensorsFile.Open(directory["x"]);
        Assert.Equal(order, file.Entries.Select(entry => (entry.Name, entry.Type)));
        Assert.Equal(0, file.Header.DataStart % 8);
    }

    [Fact]
    public void What_is_written_is_read_back_with_odd_names_and_metadata()
    {
        using var directory = new TemporaryDirectory();
        var metadata = new Dictionary<string, string> { ["note"] = "a \"quoted\" \\ line\n\tand \u0001 control, ünïcode 😀", [""] = "" };
        SafetensorsWriter.Write(
            directory["x"],
            [
                SafetensorsSource.Of("model.layers.0.\"odd\"/名前", SafetensorsType.F32, [2, 1, 2], Bytes(1f, float.NaN, -0f, float.PositiveInfinity)),
                SafetensorsSource.Of("scalar", SafetensorsType.F64, [], Bytes(Math.PI)),
                SafetensorsSource.Of("empty", SafetensorsType.F32, [0, 7], default),
                SafetensorsSource.Of("ids", SafetensorsType.I64, [3], Bytes(1L, -2L, long.MaxValue)),
            ],
            metadata);
        using SafetensorsFile file = SafetensorsFile.Open(directory["x"]);
        Assert.Equal(metadata, file.Header.Metadata);
        Assert.Equal([1f, float.NaN, -0f, float.PositiveInfinity], file.ReadSingles("model.layers.0.\"odd\"/名前"));
        Assert.Equal([(float)Math.PI], file.ReadSingles("scalar"));
        Assert.Empty(file.ReadSingles("empty"));
        Assert.Equal([1, -2, long.MaxValue], MemoryMarshal.Cast<byte, long>(file.Bytes(file["ids"])).ToArray());
        Assert.Contains("I64 is not converted", Assert.Throws<SafetensorsException>(() => file.ReadSingles("ids")).Message, StringComparison.Ordinal);
        Assert.Contains("no such tensor", Assert.Throws<SafetensorsException>(() => file["missing"]).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(file["ids"], 20, 5).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadSingles(file["scalar"], 1, new float[1]));
    }

    [Fact]
    public void Every_half_and_every_bf16_converts_exactly()
    {
        using var directory = new TemporaryDirectory();
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        SafetensorsWriter.Write(directory["x"], [SafetensorsSource.Of("h", SafetensorsType.F16, [256, 256], Bytes(all)), SafetensorsSource.Of("b", SafetensorsType.BF16, [65536], Bytes(all))]);
        using SafetensorsFile file = SafetensorsFile.Open(directory["x"]);
        float[] halves = file.ReadSingles("h"), brains = file.ReadSingles("b");
        for (int i = 0; i < 65536; i++)
        {
            float half = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            Assert.True(float.IsNaN(half) ? float.IsNaN(halves[i]) : BitConverter.SingleToInt32Bits(half) == BitConverter.SingleToInt32Bits(halves[i]), $"half {i:X4} became {halves[i]:R}");
            Assert.Equal(i << 16, BitConverter.SingleToInt32Bits(brains[i]));
        }
        float[] part = new float[13];
        file.ReadSingles(file["h"], 0x3C00 - 3, part);
        Assert.Equal(halves[(0x3C00 - 3)..(0x3C00 + 10)], part);
    }

    [Fact]
    public void A_failed_or_cancelled_save_leaves_the_old_file_and_nothing_else()
    {
        using var directory = new TemporaryDirectory();
        string path = directory["x"];
        SafetensorsWriter.Write(path, [SafetensorsSource.Of("a", SafetensorsType.U8, [1], Bytes<byte>(7))]);
        byte[] old = File.ReadAllBytes(path);

        // More than any disk has: the system refuses the reservation.
        var huge = new SafetensorsSource("h", SafetensorsType.U8, [1L << 60], (_, _) => { });
        Assert.ThrowsAny<IOException>(() => SafetensorsWriter.Write(path, [huge]));
        // The disk fills while the tensor is written.
        var failing = new SafetensorsSource("f", SafetensorsType.U8, [4], (stream, _) => { stream.WriteByte(1); throw new IOException("No space left on device"); });
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(path, [failing]));
        var shortOne = new SafetensorsSource("s", SafetensorsType.U8, [4], (stream, _) => stream.WriteByte(1));
        Assert.Contains("has 4 bytes, but its source wrote 1", Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(path, [shortOne])).Message, StringComparison.Ordinal);
        using var cancellation = new CancellationTokenSource();
        var cancelling = new SafetensorsSource("c", SafetensorsType.U8, [1], (stream, _) => { stream.WriteByte(1); cancellation.Cancel(); });
        Assert.ThrowsAny<OperationCanceledException>(() => SafetensorsWriter.Write(path, [cancelling], null, cancellation.Token));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [failing, failing]));

        Assert.Equal(["x"], directory.Names);
        Assert.Equal(old, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_file_replaced_while_it_is_open_keeps_its_old_contents_for_the_reader()
    {
        using var directory = new TemporaryDirectory();
        SafetensorsWriter.Write(directory["x"], [SafetensorsSource.Of("a", SafetensorsType.F32, [1], Bytes(1f))]);
        using SafetensorsFile file = SafetensorsFile.Open(directory["x"]);
        SafetensorsWriter.Write(directory["x"], [SafetensorsSource.Of("a", SafetensorsType.F32, [1], Bytes(2f))]);
        Assert.Equal([1f], file.ReadSingles("a"));
        using SafetensorsFile again = SafetensorsFile.Open(directory["x"]);
        Assert.Equal([2f], again.ReadSingles("a"));
    }

    [Fact]
    public void Offsets_beyond_four_gigabytes_are_read()
    {
        using var directory = new TemporaryDirectory();
        const long Big = 5L << 30;
        string json = $$$"""{"big":{"dtype":"U8","shape":[{{{Big}}}],"data_offsets":[0,{{{Big}}}]},"last":{"dtype":"F32","shape":[2],"data_offsets":[{{{Big}}},{{{Big + 8}}}]}}""";
        byte[] start = SafetensorsRulesTests.File(json, 0);
        using (FileStream stream = File.Create(directory["x"]))
        {
            // Sparse: takes no room on disk.
            stream.Write(start);
            stream.Position = start.Length + Big;
            stream.Write(Bytes(3f, 4f).Span);
        }
        using SafetensorsFile file = SafetensorsFile.Open(directory["x"]);
        Assert.Equal([3f, 4f], file.ReadSingles("last"));
        Assert.Equal(5, file.Bytes(file["big"], Big - 5, 5).Length);
        Assert.Contains("Read it in parts", Assert.Throws<SafetensorsException>(() => file.Bytes(file["big"]).Length).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_empty_files_are_told_apart()
    {
        using var directory = new TemporaryDirectory();
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(directory["none"]));
        File.WriteAllBytes(directory["empty"], []);
        Assert.Contains("the file has 0 bytes", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(directory["empty"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptions_that_cannot_be_written_are_refused_at_once()
    {
        Assert.Throws<ArgumentException>(() => SafetensorsSource.Of("x", SafetensorsType.F32, [2], new byte[7]));
        Assert.Throws<ArgumentException>(() => SafetensorsSource.Of("x", SafetensorsType.F4, [3], new byte[2]));
        Assert.Throws<ArgumentException>(() => SafetensorsSource.Of("__metadata__", SafetensorsType.U8, [1], new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => SafetensorsSource.Of("x", SafetensorsType.U8, [-1], default));
    }
}
