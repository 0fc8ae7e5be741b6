using Athanor.Inference.Generation;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Testing;

namespace Athanor.Inference.Tests.Loading;

public sealed class EngineLoaderTests
{
    private const string Model = "stories260K/stories260K.bin", Tokens = "stories260K/tok512.bin", Greedy = "stories260K/expected_greedy_n200.txt";

    [SharedDataFact(Model, Tokens, Greedy)]
    public async Task A_real_model_among_neighbours_writes_what_the_original_program_writes()
    {
        string expected = (await File.ReadAllTextAsync(SharedData.Path(Greedy))).TrimEnd('\n');
        await using InferenceEngine engine = EngineLoader.Load(SharedData.Path(Model), load: new LoadOptions { Device = TinyEngine.One });
        int begin = engine.Tokenizer.BosId!.Value;
        var story = new GenerationRequest { Prompt = [begin], MaxTokens = 200, Sampling = new SamplingOptions { Temperature = 0 } };
        Task<IReadOnlyList<TinyEngine.Result>>[] others = [.. Enumerable.Range(0, 6).Select(i => Task.Run(() => TinyEngine.All(engine, story with { MaxTokens = 40 + i, Sampling = new SamplingOptions { Seed = i } })))];
        TinyEngine.Result result = (await TinyEngine.All(engine, story))[0];
        await Task.WhenAll(others);
        Assert.Equal(expected, result.Text.ToString());
    }

    [SharedDataFact(Model, Tokens)]
    public async Task A_folder_of_Hugging_Faces_is_read_with_its_end_tokens()
    {
        string folder = Directory.CreateTempSubdirectory("athanor-inference-").FullName;
        try
        {
            using (Decoder model = Llama2cFile.Load(SharedData.Path(Model), Device.Default))
                HfCheckpoint.Save(model, folder, SafetensorsType.F32);
            TinyTokenizer.Bytes.Save(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "generation_config.json"), """{"eos_token_id": [7, 9]}""");
            await using InferenceEngine engine = EngineLoader.Load(folder, new EngineOptions { MaxSequences = 2 });
            Assert.Equal(512, engine.ContextLength);
            Assert.Equal(64, engine.EmbeddingSize);
            var request = new GenerationRequest { Prompt = [1], MaxTokens = 5, Sampling = new SamplingOptions { LogitBias = new Dictionary<int, float> { [9] = 1000 }, Seed = 1 } };
            TinyEngine.Result ended = (await TinyEngine.All(engine, request))[0];
            Assert.Equal((FinishReason.Stop, 0, 1), (ended.Finish, ended.Tokens.Count, ended.Usage!.GeneratedTokens));
            Assert.Equal(5, (await TinyEngine.All(engine, request with { IgnoreEnd = true }))[0].Tokens.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("nowhere", Assert.Throws<FileNotFoundException>(() => EngineLoader.Load("nowhere")).Message, StringComparison.Ordinal);
        string empty = Directory.CreateTempSubdirectory("athanor-inference-").FullName;
        Assert.ThrowsAny<Exception>(() => EngineLoader.Load(empty));
        Directory.Delete(empty);
    }
}
