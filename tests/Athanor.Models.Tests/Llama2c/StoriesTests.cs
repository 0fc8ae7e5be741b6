using Athanor.Models.HuggingFace;
using Athanor.Models.Layers;
using Athanor.Models.Llama2c;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Testing;
using Athanor.Tokenizers;

namespace Athanor.Models.Tests.Llama2c;

/// <summary>A real model with measured losses: llama2.c's own program gave the numbers on the same text.</summary>
public sealed class StoriesTests
{
    private const string Model = "stories260K/stories260K.bin", Tokens = "stories260K/tok512.bin", Text = "tinystories-sample/tinystories_v2_sample.txt";
    private const int Stories = 150, Context = 512;

    [SharedDataFact(Model, Tokens, Text)]
    public void The_loss_on_real_stories_is_that_of_the_original_program()
    {
        using Decoder model = Llama2cFile.Load(SharedData.Path(Model), Device.Default);
        (double loss, int tokens) = Loss(model, Sequences());
        Assert.Equal(58_524, tokens);
        Assert.Equal(1.46346, loss, 1e-3);
    }

    [SharedDataFact(Model, Tokens, Text)]
    public void The_converted_model_has_the_same_logits()
    {
        using var folder = new TemporaryFolder();
        using Decoder original = Llama2cFile.Load(SharedData.Path(Model), Device.Default);
        HfCheckpoint.Save(original, folder["llama"], SafetensorsType.F32);
        using Decoder converted = HfCheckpoint.Load(folder["llama"], Device.Default, DType.F32);
        Assert.True(original.Config.RopeInterleaved);
        Assert.False(converted.Config.RopeInterleaved);
        Assert.True(converted.Config.TieEmbeddings);
        int[] ids = Sequences()[0];
        Run.Near(Run.Logits(original, ids), Run.Logits(converted, ids), 1e-5);
        // The rows of a query head moved: first all even ones, then all odd ones.
        using SafetensorsSet set = SafetensorsSet.Open(folder["llama"]);
        Assert.True(set.TryFind("model.layers.2.self_attn.q_proj.weight", out SafetensorsFile file, out _));
        float[] rows = file.ReadSingles("model.layers.2.self_attn.q_proj.weight"), fused = Read(original.Parameters.Single(parameter => parameter.Name == "layers.2.attention.qkv.weight").Value);
        for (int i = 0; i < 8; i++)
            Assert.Equal(fused.AsSpan((24 + (i < 4 ? 2 * i : 2 * (i - 4) + 1)) * 64, 64), rows.AsSpan((24 + i) * 64, 64));
        HfCheckpoint.Save(converted, folder["again"], SafetensorsType.F32);
        Assert.Equal(File.ReadAllBytes(folder["llama/model.safetensors"]), File.ReadAllBytes(folder["again/model.safetensors"]));
    }

    private static float[] Read(Parameter parameter)
    {
        var values = new float[parameter.Shape.Count];
        ParameterRows.Read(parameter, 0, parameter.Shape[0], values);
        return values;
    }

    // One start token and a story a sequence, read at so many positions at most.
    private static List<int[]> Sequences()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path(Tokens));
        string[] stories = File.ReadAllText(SharedData.Path(Text)).Split("<|endoftext|>", Stories + 1)[..Stories];
        return [.. stories.Select(story => tokenizer.Encode(story.Trim(), EncodeOptions.AddSpecial).Take(Context + 1).ToArray())];
    }

    private static (double Loss, int Tokens) Loss(Decoder model, List<int[]> sequences)
    {
        double total = 0;
        int tokens = 0;
        foreach (int[] ids in sequences)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            var shape = new Shape(1, ids.Length - 1);
            float[] scores = model.LogProbs(new DecoderInput(Tensor.From(model.Device, shape, ids.AsSpan(0, ids.Length - 1))), Tensor.From(model.Device, shape, ids.AsSpan(1))).ToArray();
            total -= scores.Sum(score => (double)score);
            tokens += scores.Length;
        }
        return (total / tokens, tokens);
    }
}
