using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Models.Adaptation;
using Athanor.Models.HuggingFace;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Testing;

namespace Athanor.Inference.Tests.Running;

public sealed class AdapterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-adapter-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_adapter_gives_what_the_merged_weights_give()
    {
        using Decoder model = TinyEngine.Model(), merged = TinyEngine.Model();
        Dictionary<string, PeftFolder.Matrix> tensors = Tensors(1, rank: 3);
        Write("a", tensors, """{"peft_type": "LORA", "r": 3, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj", "up_proj", "down_proj"], "bias": "none", "use_dora": false, "modules_to_save": null}""");
        using LoraAdapter adapter = PeftAdapter.Load(Path.Combine(_folder, "a"), model);
        Assert.Equal(("a", 6), (adapter.Name, adapter.Weights.Count));
        // By the formula: W + (alpha / r)·B·A, each at the rows where the projection lies in the fused one.
        for (int layer = 0; layer < 2; layer++)
        {
            Merge(merged, $"layers.{layer}.attention.qkv.weight", 0, PeftFolder.Delta(tensors, layer, "self_attn.q_proj", 2));
            Merge(merged, $"layers.{layer}.attention.qkv.weight", 72 + 36, PeftFolder.Delta(tensors, layer, "self_attn.v_proj", 2));
            Merge(merged, $"layers.{layer}.feed_forward.gate_up.weight", 50, PeftFolder.Delta(tensors, layer, "mlp.up_proj", 2));
            Merge(merged, $"layers.{layer}.feed_forward.down.weight", 0, PeftFolder.Delta(tensors, layer, "mlp.down_proj", 2));
        }
        int[] ids = TinyEngine.Ids(30, 2);
        float[] plain = Logits(model, ids, null), expected = Logits(merged, ids, null), actual = Logits(model, ids, adapter);
        float largest = expected.Max(Math.Abs);
        Assert.True(plain.Zip(expected, (a, b) => Math.Abs(a - b)).Max() > 0.1 * largest);
        Assert.True(actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max() < 1e-4 * largest);
    }

    [Fact]
    public async Task Requests_of_different_adapters_side_by_side_get_what_they_get_alone()
    {
        using Decoder model = TinyEngine.Model();
        Write("one", Tensors(1, 3), """{"peft_type": "LORA", "r": 3, "lora_alpha": 6, "bias": "none"}""");
        Write("two", Tensors(2, 2), """{"peft_type": "LORA", "r": 8, "rank_pattern": {"proj": 2}, "lora_alpha": 6}""");
        using LoraAdapter one = PeftAdapter.Load(Path.Combine(_folder, "one"), model), two = PeftAdapter.Load(Path.Combine(_folder, "two"), model);
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, TokenBudget = 50, EndTokens = [], Adapters = [one, two] });
        Assert.Equal(["one", "two"], engine.Adapters.Order());
        GenerationRequest[] requests = [.. Enumerable.Range(0, 9).Select(i => new GenerationRequest
        {
            Prompt = TinyEngine.Ids(40, 1),
            MaxTokens = 20,
            LogProbs = 0,
            Adapter = (i % 3) switch { 0 => null, 1 => "one", _ => "two" },
            Sampling = new SamplingOptions { Seed = i / 3 },
        })];
        var alone = new List<TinyEngine.Result>();
        foreach (GenerationRequest request in requests)
            alone.Add((await TinyEngine.All(engine, request))[0]);
        IReadOnlyList<TinyEngine.Result>[] together = await Task.WhenAll(requests.Select(request => Task.Run(() => TinyEngine.All(engine, request))));
        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(alone[i].LogProbs, together[i][0].LogProbs);
            float[] expected = LogProbs(model, [.. requests[i].Prompt, .. alone[i].Tokens], (i % 3) switch { 0 => null, 1 => one, _ => two });
            Assert.Equal(expected[39..], alone[i].LogProbs);
        }
        Assert.NotEqual(alone[0].LogProbs, alone[1].LogProbs);
        Assert.NotEqual(alone[1].LogProbs, alone[2].LogProbs);
    }

    [Theory]
    [InlineData("""{"peft_type": "IA3"}""", "IA3")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": 6, "use_dora": true}""", "use_dora")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": 6, "bias": "all"}""", "bias")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": 6, "modules_to_save": ["lm_head"]}""", "modules_to_save")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": 6, "layer_replication": [[0, 2]]}""", "layer_replication")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": 6, "r": 4}""", "says r = 4")]
    [InlineData("""{"peft_type": "LORA"}""", "lora_alpha")]
    [InlineData("""{"peft_type": "LORA", "lora_alpha": """, "JSON")]
    public void What_is_not_implemented_is_refused_by_name(string config, string word)
    {
        using Decoder model = TinyEngine.Model();
        Write("bad", Tensors(1, 3), config);
        Assert.Contains(word, Assert.Throws<ModelFormatException>(() => PeftAdapter.Load(Path.Combine(_folder, "bad"), model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_all_named()
    {
        using Decoder model = TinyEngine.Model();
        Dictionary<string, PeftFolder.Matrix> tensors = Tensors(1, 3);
        tensors.Remove(PeftFolder.Name(0, "self_attn.q_proj", 'B'));
        tensors[PeftFolder.Name(7, "self_attn.q_proj", 'A')] = new(3, 36, new float[3 * 36]);
        tensors[PeftFolder.Name(7, "self_attn.q_proj", 'B')] = new(72, 3, new float[72 * 3]);
        tensors["base_model.model.lm_head.lora_A.weight"] = new(3, 36, new float[3 * 36]);
        tensors["base_model.model.lm_head.lora_B.weight"] = new(263, 3, new float[263 * 3]);
        tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector"] = new(3, 0, new float[3]);
        Write("bad", tensors, """{"peft_type": "LORA", "lora_alpha": 6}""");
        string message = Assert.Throws<ModelFormatException>(() => PeftAdapter.Load(Path.Combine(_folder, "bad"), model)).Message;
        Assert.All(["layers.0.self_attn.q_proj' has only one", "layers.7.self_attn.q_proj' is no projection", "'lm_head'", "lora_magnitude_vector"], word => Assert.Contains(word, message, StringComparison.Ordinal));
    }

    private static Dictionary<string, PeftFolder.Matrix> Tensors(int seed, int rank) =>
        PeftFolder.Random(seed, rank, 2, ("self_attn.q_proj", 72, 36), ("self_attn.v_proj", 36, 36), ("mlp.up_proj", 50, 36), ("mlp.down_proj", 36, 50));

    private void Write(string name, Dictionary<string, PeftFolder.Matrix> tensors, string config) => PeftFolder.Write(Path.Combine(_folder, name), tensors, config);

    private static void Merge(Decoder model, string parameter, int first, double[] delta)
    {
        Parameter weight = model.Parameters.Single(one => one.Name == parameter).Value;
        var values = new float[weight.Shape.Count];
        ParameterRows.Read(weight, 0, weight.Shape[0], values);
        for (int i = 0; i < delta.Length; i++)
            values[first * weight.Shape[1] + i] += (float)delta[i];
        model.Device.Upload(weight, values);
    }

    private static float[] Logits(Decoder model, int[] ids, LoraAdapter? adapter)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, ids.Length), ids), Adapter: adapter))).ToArray();
    }

    private static float[] LogProbs(Decoder model, int[] tokens, LoraAdapter? adapter)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        var shape = new Shape(1, tokens.Length - 1);
        return model.LogProbs(new DecoderInput(Tensor.From(model.Device, shape, tokens.AsSpan(..^1)), Adapter: adapter), Tensor.From(model.Device, shape, tokens.AsSpan(1..))).ToArray();
    }
}
