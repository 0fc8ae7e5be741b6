using System.Text;
using Athanor.Inference.Gguf;
using Athanor.Models;
using Athanor.Tensors.Blocks;

namespace Athanor.Inference.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static GgufBytes Small() => new GgufBytes { Data = [.. Enumerable.Range(0, 96).Select(i => (byte)i)] }
        .Key("general.architecture", "llama").Key("a", 7u).Key("b", 7, 1).Key("c", 12, BitConverter.GetBytes(0.25))
        .List("d", 8, 2, [.. GgufBytes.Text("x"), .. GgufBytes.Text("\u00E9")]).List("e", 5, 2, 1, 0, 0, 0, 255, 255, 255, 255).List("f", 6, 1, BitConverter.GetBytes(1.5f))
        .Key("g", 10, BitConverter.GetBytes(ulong.MaxValue)).Key("h", 0, 9)
        .Tensor("one", [4, 2], 0, 0).Tensor("two", [32], 8, 32).Tensor("three", [3], 0, 96);

    private static ModelFormatException Refused(GgufBytes file) => Refused(file.ToArray());

    private static ModelFormatException Refused(byte[] bytes) => Assert.Throws<ModelFormatException>(() => GgufHeader.Parse(bytes, bytes.Length, "m.gguf"));

    [Fact]
    public void Values_and_tensors_are_found_where_the_format_puts_them()
    {
        GgufBytes bytes = Small();
        bytes.Data = [.. Enumerable.Range(0, 112).Select(i => (byte)i)];
        File.WriteAllBytes(_folder["m.gguf"], bytes.ToArray());
        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        Assert.True(GgufFile.IsGguf(_folder["m.gguf"]));
        Assert.Equal(["general.architecture", "a", "b", "c", "d", "e", "f", "g", "h"], file.Keys);
        Assert.Equal("llama", file.GetString("general.architecture"));
        Assert.Equal(7, file.GetInteger("a"));
        Assert.Equal(9, file.GetInteger("h"));
        Assert.True(file.GetBoolean("b"));
        Assert.Equal(0.25, file.GetNumber("c"));
        Assert.Equal(7, file.GetNumber("a"));
        Assert.Equal(["x", "\u00E9"], file.GetStrings("d")!.Select(Encoding.UTF8.GetString));
        Assert.Equal([1, -1], file.GetIntegers("e")!);
        Assert.Equal([1.5f], file.GetNumbers("f")!);
        Assert.Null(file.GetString("nothing"));
        Assert.Null(file.GetNumbers("nothing"));
        GgufTensor one = file.Find("one")!;
        Assert.Equal([2L, 4L], one.Shape.ToArray());
        Assert.Equal(32, one.Length);
        Assert.Equal([0, 1, 2, 3], file.Bytes(one, 0, 4).ToArray());
        Assert.Equal([32, 33], file.Bytes(file.Find("two")!, 0, 2).ToArray());
        Assert.Equal([96, 97, 98], file.Bytes(file.Find("three")!, 0, 3).ToArray());
    }

    [Theory]
    [InlineData("a", "text")]
    [InlineData("d", "whole number")]
    [InlineData("g", "whole number")]
    [InlineData("e", "truth value")]
    [InlineData("c", "list of texts")]
    [InlineData("d", "list of numbers")]
    [InlineData("f", "list of whole numbers")]
    public void A_value_of_another_type_is_an_error_that_names_the_key(string key, string wanted)
    {
        GgufBytes bytes = Small();
        bytes.Data = new byte[112];
        File.WriteAllBytes(_folder["m.gguf"], bytes.ToArray());
        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => wanted switch
        {
            "text" => (object?)file.GetString(key),
            "whole number" => file.GetInteger(key),
            "truth value" => file.GetBoolean(key),
            "list of texts" => file.GetStrings(key),
            "list of numbers" => file.GetNumbers(key),
            _ => file.GetIntegers(key),
        });
        Assert.Contains($"'{key}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(wanted, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_of_the_reference_reader_is_enforced_and_named()
    {
        void Refuse(GgufBytes file, string location, string problem)
        {
            ModelFormatException error = Refused(file);
            Assert.Contains(location, error.Location, StringComparison.Ordinal);
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        }
        Refuse(new GgufBytes { Magic = "GGML" }, "magic", "no GGUF file");
        Refuse(new GgufBytes { Version = 1 }, "version", "is 1");
        Refuse(new GgufBytes { Version = 0 }, "version", "is 0");
        Refuse(new GgufBytes { Version = 4 }, "version", "is 4");
        Refuse(new GgufBytes { Version = 3 << 24 }, "version", "big-endian");
        Refuse(new GgufBytes { TensorCount = ulong.MaxValue }, "number of tensors", "18,446,744,073,709,551,615");
        Refuse(new GgufBytes { KeyCount = 1000 }, "number of keys", "too few");
        Refuse(new GgufBytes().Key("", 7u).Key("padding", 7u), "key 0", "empty");
        Refuse(new GgufBytes().Key("k", 7u).Key("k", 7u), "'k'", "twice");
        Refuse(new GgufBytes().Key("kkkkkkkkkk", 13, 0, 0, 0, 0), "'kkkkkkkkkk'", "type 13");
        Refuse(new GgufBytes().Key("kkkkkkkkkk", 7, 2), "'kkkkkkkkkk'", "neither 0 nor 1");
        Refuse(new GgufBytes().List("kkkkkkkkkk", 9, 0), "'kkkkkkkkkk'", "list of lists");
        Refuse(new GgufBytes().List("kkkkkkkkkk", 8, 1UL << 40), "'kkkkkkkkkk'", "too few");
        Refuse(new GgufBytes().List("kkkkkkkkkk", 10, ulong.MaxValue / 8), "'kkkkkkkkkk'", "too few");
        Refuse(new GgufBytes().Key("general.alignment", 10, BitConverter.GetBytes(32UL)), "general.alignment", "UInt64");
        Refuse(new GgufBytes().Key("general.alignment", 24u), "general.alignment", "24");
        Refuse(new GgufBytes().Key("general.alignment", 0u), "general.alignment", "is 0");
        Refuse(new GgufBytes().Tensor(new string('t', 64), [1], 0, 0), "name of tensor 0", "64 bytes");
        Refuse(new GgufBytes { Data = new byte[64] }.Tensor("t", [1], 0, 0).Tensor("t", [1], 0, 32), "'t'", "twice");
        Refuse(new GgufBytes().Tensor("t", [1, 1, 1, 1, 1], 0, 0), "'t'", "5 dimensions");
        Refuse(new GgufBytes().Tensor("t", [1UL << 32, 1UL << 32], 0, 0), "'t'", "64 bits");
        Refuse(new GgufBytes().Tensor("t", [ulong.MaxValue], 0, 0), "'t'", "64 bits");
        Refuse(new GgufBytes().Tensor("t", [1UL << 61], 0, 0), "'t'", "64 bits");
        Refuse(new GgufBytes().Tensor("t", [1], 4, 0), "'t'", "type 4");
        Refuse(new GgufBytes().Tensor("t", [1], 99, 0), "'t'", "type 99");
        Refuse(new GgufBytes().Tensor("t", [33], 8, 0), "'t'", "whole blocks of 32");
        Refuse(new GgufBytes { Data = new byte[64] }.Tensor("t", [1], 0, 32), "'t'", "lies at 32");
        Refuse(new GgufBytes { Data = new byte[64] }.Tensor("t", [9], 0, 0).Tensor("u", [1], 0, 32), "'u'", "end at 64");
        Refuse(new GgufBytes { Data = new byte[31] }.Tensor("t", [8], 0, 0), "'t'", "cut short");
    }

    [Fact]
    public void Cut_anywhere_the_file_is_refused()
    {
        GgufBytes bytes = Small();
        bytes.Data = new byte[108];
        byte[] whole = bytes.ToArray();
        GgufHeader.Parse(whole, whole.Length, "m.gguf");
        for (int length = 0; length < whole.Length; length++)
            Refused(whole[..length]);
        File.WriteAllBytes(_folder["empty.gguf"], []);
        Assert.Throws<ModelFormatException>(() => GgufFile.Open(_folder["empty.gguf"]));
    }

    [Fact]
    public void What_is_written_is_the_format_byte_for_byte()
    {
        var keys = new GgufKeys();
        keys.Add("general.architecture", "llama");
        keys.Add("general.alignment", 64u);
        keys.Add("x", 0.5f);
        keys.Add("y", true);
        keys.Add("t", (IReadOnlyList<byte[]>)["ab"u8.ToArray(), []]);
        keys.Add("i", (ReadOnlySpan<int>)[-1]);
        keys.Add("n", (ReadOnlySpan<float>)[2f]);
        byte[] values = [.. Enumerable.Range(1, 68).Select(i => (byte)i)];
        GgufWriter.Write(_folder["out.gguf"], keys,
        [
            new GgufTensorSource("w", BlockFormat.Q8_0, [2, 32], (stream, _) => stream.Write(values)),
            new GgufTensorSource("v", BlockFormat.F16, [3], (stream, _) => stream.Write(values.AsSpan(0, 6))),
        ]);
        byte[] expected = new GgufBytes { Alignment = 64, Data = [.. values, .. new byte[60], .. values[..6], .. new byte[58]] }
            .Key("general.architecture", "llama").Key("general.alignment", 64u).Key("x", 6, BitConverter.GetBytes(0.5f)).Key("y", 7, 1)
            .List("t", 8, 2, [.. GgufBytes.Text("ab"), .. GgufBytes.Text("")]).List("i", 5, 1, 255, 255, 255, 255).List("n", 6, 1, BitConverter.GetBytes(2f))
            .Tensor("w", [32, 2], 8, 0).Tensor("v", [3], 1, 128).ToArray();
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(File.ReadAllBytes(_folder["out.gguf"])));
        using GgufFile file = GgufFile.Open(_folder["out.gguf"]);
        Assert.Equal(64, file.Alignment);
    }

    [Fact]
    public void A_file_that_fails_or_is_cancelled_leaves_the_old_one_alone()
    {
        string path = _folder["out.gguf"];
        File.WriteAllText(path, "old");
        var tensor = new GgufTensorSource("w", BlockFormat.F32, [2], (_, _) => throw new InvalidOperationException("no numbers"));
        Assert.Throws<InvalidOperationException>(() => GgufWriter.Write(path, new GgufKeys(), [tensor]));
        using var source = new CancellationTokenSource();
        var cancels = tensor with { Write = (stream, _) => { stream.Write(new byte[8]); source.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => GgufWriter.Write(path, new GgufKeys(), [cancels], cancellation: source.Token));
        var lies = tensor with { Write = (stream, _) => stream.Write(new byte[7]) };
        Assert.Throws<InvalidOperationException>(() => GgufWriter.Write(path, new GgufKeys(), [lies]));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Names_that_the_format_forbids_are_not_written()
    {
        var keys = new GgufKeys();
        keys.Add("k", 1u);
        Assert.Throws<ArgumentException>(() => keys.Add("k", "again"));
        Assert.Throws<ArgumentException>(() => keys.Add("", "x"));
        Assert.Throws<ArgumentException>(() => keys.Add("general.alignment", 3u));
        GgufTensorSource Named(string name) => new(name, BlockFormat.F32, [1], (stream, _) => stream.Write(new byte[4]));
        Assert.Throws<ArgumentException>(() => GgufWriter.Write(_folder["x.gguf"], new GgufKeys(), [Named(new string('n', 64))]));
        Assert.Throws<ArgumentException>(() => GgufWriter.Write(_folder["x.gguf"], new GgufKeys(), [Named("n"), Named("n")]));
        Assert.Throws<ArgumentException>(() => GgufWriter.Write(_folder["x.gguf"], new GgufKeys(), [Named("n") with { Shape = [1, 1, 1, 1, 1] }]));
    }

    [Fact]
    public void Damaged_files_are_refused_or_read_never_worse() => Mutate(3000);

    [Fact]
    [Trait("Category", "Long")]
    public void A_hundred_thousand_damaged_files_are_refused_or_read_never_worse() => Mutate(100_000);

    private static void Mutate(int rounds)
    {
        GgufBytes bytes = Small();
        bytes.Data = new byte[112];
        byte[] whole = bytes.ToArray();
        var random = new Random(rounds);
        byte[] file = new byte[whole.Length];
        long before = GC.GetAllocatedBytesForCurrentThread();
        int read = 0;
        for (int round = 0; round < rounds; round++)
        {
            whole.CopyTo(file, 0);
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                int at = random.Next(file.Length - 8);
                switch (random.Next(4))
                {
                    case 0: file[at] = (byte)random.Next(256); break;
                    case 1: file[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: BitConverter.TryWriteBytes(file.AsSpan(at), random.NextInt64() >> random.Next(64)); break;
                    default: file.AsSpan(at, random.Next(8)).Fill(255); break;
                }
            }
            int length = random.Next(4) == 0 ? random.Next(file.Length) : file.Length;
            try
            {
                GgufHeader header = GgufHeader.Parse(file.AsSpan(0, length), length, "m.gguf");
                read++;
                Assert.All(header.Tensors, tensor => Assert.InRange(header.DataStart + tensor.Offset + tensor.Length, 0, length));
                Assert.All(header.Values.Values, value => Assert.InRange(value.Start + value.Length, 0, length));
            }
            catch (ModelFormatException)
            {
            }
        }
        Assert.InRange(read, rounds / 100, rounds);
        // A file of some 700 bytes never makes the reader ask for much, whatever its counts say.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / rounds, 0, 200_000);
    }
}
