using Athanor.Tensors.Safetensors;

namespace Athanor.Tensors.Tests.Safetensors;

public sealed class SafetensorsSetTests
{
    private static SafetensorsSource Tensor(string name, int bytes, byte value)
    {
        var data = new byte[bytes];
        data.AsSpan().Fill(value);
        return SafetensorsSource.Of(name, SafetensorsType.U8, [bytes], data);
    }

    [Fact]
    public void A_set_is_cut_in_model_order_and_found_again_by_its_index()
    {
        using var directory = new TemporaryDirectory();
        SafetensorsSet.Save(directory.Path, [Tensor("z", 60, 1), Tensor("y", 40, 2), Tensor("x", 1, 3), Tensor("w", 500, 4), Tensor("v", 10, 5)], shardBytes: 100);
        Assert.Equal(["model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors", "model-00003-of-00004.safetensors", "model-00004-of-00004.safetensors", "model.safetensors.index.json"], directory.Names);
        Assert.Equal(
            """
            {
              "metadata": {
                "total_size": 611
              },
              "weight_map": {
                "v": "model-00004-of-00004.safetensors",
                "w": "model-00003-of-00004.safetensors",
                "x": "model-00002-of-00004.safetensors",
                "y": "model-00001-of-00004.safetensors",
                "z": "model-00001-of-00004.safetensors"
              }
            }

            """.ReplaceLineEndings("\n"),
            File.ReadAllText(directory["model.safetensors.index.json"]));
        using SafetensorsSet set = SafetensorsSet.Open(directory.Path);
        Assert.Equal(["v", "w", "x", "y", "z"], set.Names);
        foreach ((string name, byte value) in (IEnumerable<(string, byte)>)[("z", 1), ("y", 2), ("x", 3), ("w", 4), ("v", 5)])
        {
            Assert.True(set.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry));
            Assert.Equal(value, file.Bytes(entry)[0]);
        }
        Assert.False(set.TryFind("u", out _, out _));
    }

    [Fact]
    public void Saving_again_in_other_pieces_leaves_no_file_of_the_earlier_save()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["model.py"], "keep");
        SafetensorsSource[] tensors = [Tensor("a", 60, 1), Tensor("b", 60, 2), Tensor("c", 60, 3)];
        SafetensorsSet.Save(directory.Path, tensors, shardBytes: 100);
        SafetensorsSet.Save(directory.Path, tensors);
        Assert.Equal(["model.py", "model.safetensors"], directory.Names);
        SafetensorsSet.Save(directory.Path, tensors, shardBytes: 120);
        Assert.Equal(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.py", "model.safetensors.index.json"], directory.Names);
        using SafetensorsSet set = SafetensorsSet.Open(directory.Path);
        Assert.Equal(3, set.Names.Count);
    }

    [Fact]
    public void A_save_that_fails_in_a_later_shard_changes_nothing()
    {
        using var directory = new TemporaryDirectory();
        SafetensorsSet.Save(directory.Path, [Tensor("a", 60, 1), Tensor("b", 60, 2)], shardBytes: 100);
        string[] before = directory.Names;
        byte[] first = File.ReadAllBytes(directory[before[0]]);
        var failing = new SafetensorsSource("c", SafetensorsType.U8, [90], (_, _) => throw new IOException("No space left on device"));
        Assert.Throws<IOException>(() => SafetensorsSet.Save(directory.Path, [Tensor("a", 90, 9), failing], shardBytes: 100));
        Assert.Equal(before, directory.Names);
        Assert.Equal(first, File.ReadAllBytes(directory[before[0]]));
        Assert.Throws<ArgumentException>(() => SafetensorsSet.Save(directory.Path, [Tensor("a", 90, 9), Tensor("a", 90, 9)], shardBytes: 100));
        Assert.Equal(before, directory.Names);
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{}", "no weight_map")]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"C:x"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":7}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"model.safetensors","a":"model.safetensors"}}""", "names it twice")]
    [InlineData("""{"weight_map":{},"weight_map":{}}""", "weight_map twice")]
    [InlineData("""{"weight_map":{"b":"model.safetensors"}}""", "which does not hold it")]
    [InlineData("""{"weight_map":{"a":"model.safetensors"}} x""", "not valid JSON")]
    public void A_broken_index_is_refused(string json, string problem)
    {
        using var directory = new TemporaryDirectory();
        SafetensorsSet.Save(directory.Path, [Tensor("a", 4, 1)]);
        File.WriteAllText(directory["other.json"], json);
        Assert.Contains(problem, Assert.Throws<SafetensorsException>(() => SafetensorsSet.Open(directory["other.json"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Indexes_of_other_writers_are_read()
    {
        using var directory = new TemporaryDirectory();
        SafetensorsSet.Save(directory.Path, [Tensor("a", 4, 1)]);
        File.WriteAllText(directory["other.json"], """{"weight_map":{"a":"model.safetensors"},"metadata":{"total_size":4.0,"format":{"x":[1]}},"more":[{}]}""");
        using SafetensorsSet set = SafetensorsSet.Open(directory["other.json"]);
        Assert.Equal(["a"], set.Names);
        Assert.Throws<FileNotFoundException>(() => SafetensorsSet.Open(directory["nowhere"]));
    }
}
