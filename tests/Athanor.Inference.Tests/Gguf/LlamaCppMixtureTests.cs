using Athanor.Inference.Gguf;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>Files as llama-quantize makes them of our own in F32, tensor by tensor, type and bytes.</summary>
public sealed class LlamaCppMixtureTests : IDisposable
{
    private static readonly ModelConfig _llama = new() { VocabularySize = 64, Width = 256, Layers = 9, Heads = 4, KeyValueHeads = 2, FeedForwardWidth = 512, ContextLength = 64 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static ModelConfig Config(string kind) => kind switch
    {
        "tied" => _llama with { Layers = 8, FeedForwardWidth = 768, TieEmbeddings = true },
        "qwen3, rows of 32" => _llama with { Family = "qwen3", Layers = 9, Width = 384, Heads = 6, QkNorm = QkNormKind.PerHead, TieEmbeddings = true },
        "70B" => _llama with { Layers = 80, HeadSize = 32, FeedForwardWidth = 256, Heads = 8, KeyValueHeads = 1 },
        "65B" => _llama with { Layers = 80, HeadSize = 32, FeedForwardWidth = 256, Heads = 4, KeyValueHeads = 4 },
        "qwen2 72B" => _llama with { Family = "qwen2", Layers = 80, HeadSize = 32, FeedForwardWidth = 256, Heads = 8, KeyValueHeads = 1, QkvBias = true },
        "qwen2 72B, no sharing" => _llama with { Family = "qwen2", Layers = 80, HeadSize = 32, FeedForwardWidth = 256, Heads = 4, KeyValueHeads = 4, QkvBias = true },
        "gemma" => _llama with { FeedForward = FeedForwardKind.GeGluTanh, EmbeddingScale = 16, TieEmbeddings = true },
        "granite" => _llama with { Family = "granite", EmbeddingScale = 6, ResidualScale = 0.25f, LogitScale = 0.125f, AttentionScale = 0.1f },
        "olmo2" => _llama with { Layout = BlockLayout.PostNorm, QkNorm = QkNormKind.FullWidth },
        "gpt2" => _llama with
        {
            KeyValueHeads = 4,
            Norm = NormKind.Layer,
            NormBias = true,
            FeedForward = FeedForwardKind.GeluTanh,
            Position = PositionKind.Learned,
            QkvBias = true,
            AttentionOutputBias = true,
            FeedForwardBias = true,
            TieEmbeddings = true,
        },
        _ => _llama,
    };

    [LlamaQuantizeTheory]
    [InlineData("llama")]
    [InlineData("tied")]
    [InlineData("qwen3, rows of 32")]
    [InlineData("70B", "q4_k_m")]
    [InlineData("65B", "q4_k_m")]
    [InlineData("qwen2 72B", "q4_k_m")]
    [InlineData("qwen2 72B, no sharing", "q4_k_m")]
    [InlineData("gemma")]
    [InlineData("granite")]
    [InlineData("olmo2")]
    [InlineData("gpt2")]
    public void Every_tensor_is_that_of_llama_quantize(string kind, params string[] mixtures)
    {
        using var model = new Decoder(Device.Default, Config(kind), DType.F32, new InitialValues(Seed: 5, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);
        GgufExport.Write(model, null, _folder["f32.gguf"], GgufMixture.ByName("f32"));
        var differences = new List<string>();
        foreach (GgufMixture mixture in GgufMixture.All.Where(mixture => mixtures.Length == 0 ? mixture.Name != "f32" : mixtures.Contains(mixture.Name)))
        {
            GgufExport.Write(model, null, _folder["our.gguf"], mixture);
            LlamaCppQuantizer.Run(_folder["f32.gguf"], _folder["their.gguf"], mixture.FileType);
            using GgufFile our = GgufFile.Open(_folder["our.gguf"]), their = GgufFile.Open(_folder["their.gguf"]);
            Assert.Equal(their.GetInteger("general.file_type"), our.GetInteger("general.file_type"));
            Assert.Equal(their.Tensors.Select(tensor => tensor.Name).Order(), our.Tensors.Select(tensor => tensor.Name).Order());
            foreach (GgufTensor tensor in their.Tensors)
            {
                GgufTensor mine = our.Find(tensor.Name)!;
                if (mine.Type != tensor.Type)
                    differences.Add($"{mixture.Name} {mine}: {tensor.Type.Name} there");
                else if (!Bytes(our, mine).SequenceEqual(Bytes(their, tensor)))
                    differences.Add($"{mixture.Name} {mine}: other bytes");
            }
        }
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static unsafe ReadOnlySpan<byte> Bytes(GgufFile file, GgufTensor tensor) => new((void*)file.Address(tensor), (int)tensor.Length);
}
