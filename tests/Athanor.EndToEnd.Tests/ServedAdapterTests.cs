using System.Text.Json;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Safetensors;
using Athanor.Testing;

namespace Athanor.EndToEnd.Tests;

/// <summary>A LoRA adapter as PEFT writes it, served by the tool in a process of its own.</summary>
public sealed class ServedAdapterTests : IDisposable
{
    private const string Texts = "/v1/completions";
    private const int Rank = 4, Alpha = 8, Layers = 2;

    private static readonly ModelConfig Llama = new() { VocabularySize = 264, Width = 32, Layers = Layers, Heads = 4, KeyValueHeads = 2, HeadSize = 8, FeedForwardWidth = 48, ContextLength = 128 };

    /// <summary>What is adapted: PEFT's name, the fused weight it lies in, its first row there, its size.</summary>
    private static readonly (string Module, string Weight, int First, int Rows, int Columns)[] Adapted =
    [
        ("self_attn.q_proj", "attention.qkv", 0, 32, 32),
        ("self_attn.v_proj", "attention.qkv", 32 + 16, 16, 32),
        ("mlp.gate_proj", "feed_forward.gate_up", 0, 48, 32),
        ("mlp.down_proj", "feed_forward.down", 0, 32, 48),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-served-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PosixFact]
    public async Task An_adapter_answers_under_its_name_as_merged_weights_would_and_leaves_the_model_alone()
    {
        string folder = Path.Combine(_folder, "base"), adapter = Path.Combine(_folder, "lora"), gguf = Path.Combine(_folder, "base.gguf");
        using (Decoder model = Model(new CpuDevice(threads: 1)))
            HfCheckpoint.Save(model, folder, SafetensorsType.F32);
        ByteTokenizer.ChatMl.Save(folder);
        Dictionary<string, PeftFolder.Matrix> tensors = PeftFolder.Random(3, Rank, Layers, [.. Adapted.Select(one => (one.Module, one.Rows, one.Columns))]);
        PeftFolder.Write(adapter, tensors, $$"""{"peft_type":"LORA","base_model_name_or_path":"base","r":{{Rank}},"lora_alpha":{{Alpha}},"lora_dropout":0.05,"target_modules":["q_proj","v_proj","gate_proj","down_proj"],"bias":"none","task_type":"CAUSAL_LM"}""");
        int[] ids = [ByteTokenizer.Begin, .. "every token of this text is scored"u8.ToArray().Select(value => (int)value)];
        double[] expected = Merged(tensors, ids);

        string[] told, alone;
        await using (ServedProcess server = await ServedProcess.Start(folder, "--adapter", "sql=" + adapter))
        {
            JsonElement[] models = [.. JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models")).RootElement.GetProperty("data").EnumerateArray()];
            Assert.Equal(["base", "sql"], models.Select(one => one.GetProperty("id").GetString()));
            told = await Answers(server, "base", ids);
            string[] adapted = await Answers(server, "sql", ids);
            Assert.NotEqual(told[0], adapted[0]);
            Assert.NotEqual(told[1], adapted[1]);
            double[] scores = await Scores(server, "sql", ids), plain = await Scores(server, "base", ids);
            Assert.True(Distance(expected, scores) < 1e-4, $"{Distance(expected, scores)}");
            Assert.True(Distance(expected, plain) > 0.5, $"{Distance(expected, plain)}");
            // Asked for at once, both are answered as before.
            string[][] together = await Task.WhenAll(Answers(server, "base", ids), Answers(server, "sql", ids), Answers(server, "base", ids));
            Assert.Equal([told, adapted, told], together);
        }
        await using (ServedProcess server = await ServedProcess.Start(folder))
            alone = await Answers(server, "base", ids);
        Assert.Equal(alone, told);

        (int code, _, string errors) = await TinyRun.Run("export", "gguf", folder, "--type", "f32", "--output", gguf);
        Assert.True(code == 0, errors);
        await using (ServedProcess server = await ServedProcess.Start("packed=" + gguf, "--adapter", "sql=" + adapter))
        {
            double distance = Distance(expected, await Scores(server, "sql", ids));
            Assert.True(distance < 1e-4, $"{distance}");
        }
    }

    private static Decoder Model(Device device) =>
        new(device, Llama, DType.F32, new InitialValues(Seed: 7, Deviation: 0.25f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);

    /// <summary>The log-probability of each token after the first where W + (α/r)·B·A, made in double, stands in the model: no adapter, no cache, no server, plain kernels.</summary>
    private static double[] Merged(Dictionary<string, PeftFolder.Matrix> tensors, int[] ids)
    {
        using Decoder model = Model(new CpuDevice(KernelPath.Reference));
        for (int layer = 0; layer < Layers; layer++)
        {
            foreach ((string module, string name, int first, int _, int columns) in Adapted)
            {
                Parameter weight = model.Parameters.Single(one => one.Name == $"layers.{layer}.{name}.weight").Value;
                var values = new float[weight.Shape.Count];
                ParameterRows.Read(weight, 0, weight.Shape[0], values);
                double[] delta = PeftFolder.Delta(tensors, layer, module, Alpha / (double)Rank);
                for (int i = 0; i < delta.Length; i++)
                    values[first * columns + i] = (float)(values[first * columns + i] + delta[i]);
                model.Device.Upload(weight, values);
            }
        }
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        var shape = new Shape(1, ids.Length - 1);
        float[] scores = model.LogProbs(new DecoderInput(Tensor.From(model.Device, shape, ids.AsSpan(..^1))), Tensor.From(model.Device, shape, ids.AsSpan(1..))).ToArray();
        return Array.ConvertAll(scores, score => (double)score);
    }

    /// <summary>What a model writes behind a prompt, greedily and drawn, with its scores.</summary>
    private static async Task<string[]> Answers(ServedProcess server, string model, int[] ids)
    {
        string prompt = string.Join(',', ids);
        string[] draws = ["\"temperature\":0", "\"seed\":3"];
        JsonElement[] answers = await Task.WhenAll(draws.Select(draw => server.Ask(Texts, $$"""{"model":"{{model}}","prompt":[{{prompt}}],"max_tokens":16,"ignore_eos":true,"logprobs":2,{{draw}}}""")));
        return [.. answers.Select(answer => answer.GetProperty("choices").GetRawText())];
    }

    private static async Task<double[]> Scores(ServedProcess server, string model, int[] ids)
    {
        JsonElement answer = await server.Ask(Texts, $$"""{"model":"{{model}}","prompt":[{{string.Join(',', ids)}}],"max_tokens":0,"echo":true,"logprobs":0}""");
        return [.. answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Skip(1).Select(one => one.GetDouble())];
    }

    private static double Distance(double[] a, double[] b)
    {
        Assert.Equal(a.Length, b.Length);
        return a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
    }
}
