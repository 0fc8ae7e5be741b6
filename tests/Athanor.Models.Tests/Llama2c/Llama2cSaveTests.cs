using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Testing;

namespace Athanor.Models.Tests.Llama2c;

public sealed class Llama2cSaveTests
{
    private const int TableBytes = 2 * 512 * 4 * sizeof(float);

    [SharedDataFact("stories260K/stories260K.bin")]
    public void The_published_file_comes_back_from_a_folder_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        string path = SharedData.Path("stories260K/stories260K.bin");
        using Decoder original = Llama2cFile.Load(path, Device.Default);
        HfCheckpoint.Save(original, folder["llama"], SafetensorsType.F32);
        using Decoder halves = HfCheckpoint.Load(folder["llama"], Device.Default, DType.F32);
        byte[] expected = File.ReadAllBytes(path);
        foreach (Decoder model in (Decoder[])[original, halves])
        {
            Llama2cFile.Save(model, folder["back.bin"]);
            byte[] written = File.ReadAllBytes(folder["back.bin"]);
            Assert.Equal(expected.Length, written.Length);
            Assert.True(expected.AsSpan(..^TableBytes).SequenceEqual(written.AsSpan(..^TableBytes)));
            // The tables of cosines and sines were made in fp32 there, and programs pass over them.
            for (int i = expected.Length - TableBytes; i < expected.Length; i += sizeof(float))
                Assert.Equal(BitConverter.ToSingle(expected, i), BitConverter.ToSingle(written, i), 1e-4);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_model_of_halves_has_the_same_logits_from_the_file(bool tied)
    {
        using var folder = new TemporaryFolder();
        using Decoder model = TinyModels.Build(TinyModels.Llama with { TieEmbeddings = tied });
        Llama2cFile.Save(model, folder["tiny.bin"]);
        Assert.Equal(model.Config.KeyValueHeads, Llama2cFile.ReadConfig(folder["tiny.bin"]).KeyValueHeads);
        using Decoder read = Llama2cFile.Load(folder["tiny.bin"], Device.Default);
        Assert.True(read.Config.RopeInterleaved);
        Assert.Equal(tied, read.Config.TieEmbeddings);
        int[] ids = TinyModels.Ids(30);
        Run.Near(Run.Logits(model, ids), Run.Logits(read, ids), 1e-5);
    }

    [Fact]
    public void What_the_format_cannot_say_is_refused_whole_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = TinyModels.Build(TinyModels.Llama with { QkvBias = true, RopeTheta = 5e5, LogitSoftCap = 30 });
        var error = Assert.Throws<ArgumentException>(() => Llama2cFile.Save(model, folder["no.bin"]));
        foreach (string reason in (string[])["bias", "500000", "soft cap"])
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Settings_are_read_without_the_weights_and_a_cut_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        Llama2cFile.Save(model, folder["tiny.bin"]);
        ModelConfig config = Llama2cFile.ReadConfig(folder["tiny.bin"]);
        Assert.Equal((40, 32, 2), (config.VocabularySize, config.Width, config.Layers));
        using (var stream = new FileStream(folder["tiny.bin"], FileMode.Open))
            stream.SetLength(stream.Length - 4);
        Assert.Contains("cut off", Assert.Throws<ModelFormatException>(() => Llama2cFile.ReadConfig(folder["tiny.bin"])).Message, StringComparison.Ordinal);
        File.WriteAllBytes(folder["short.bin"], [1, 2, 3]);
        Assert.Contains("3 bytes", Assert.Throws<ModelFormatException>(() => Llama2cFile.ReadConfig(folder["short.bin"])).Message, StringComparison.Ordinal);
    }
}
