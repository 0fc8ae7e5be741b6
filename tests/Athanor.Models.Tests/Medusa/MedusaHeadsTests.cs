using Athanor.Models.Medusa;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Tests.Medusa;

public sealed class MedusaHeadsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medusa").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(5f, 0.5f)]
    public void Fresh_heads_say_what_the_model_says(float softCap, float scale)
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama with { LogitSoftCap = softCap, LogitScale = scale });
        using MedusaHeads heads = MedusaHeads.Of(model, 2);
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        Tensor hidden = model.Hidden(new Models.Layers.DecoderInput(Tensor.From(model.Device, new Shape(1, 9), TinyModels.Ids(9))));
        float[] own = new float[9 * 40], said = new float[9 * 40];
        model.LogitRows(hidden, own, default);
        heads.LogitRows(1, hidden, said);
        Assert.Equal(own, said);
    }

    [Fact]
    public void Features_are_the_state_and_a_silu_of_a_projection_of_it()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        using MedusaHeads heads = MedusaHeads.Of(model, 1);
        float[] weight = [.. Enumerable.Range(0, 32 * 32).Select(i => (i * 37 % 101 - 50) / 200f)], bias = [.. Enumerable.Range(0, 32).Select(i => i / 40f - 0.3f)], h = [.. Enumerable.Range(0, 32).Select(i => (i * 13 % 17 - 8) / 5f)];
        Parameter[] parameters = [.. heads.Parameters];
        ParameterRows.Set(parameters[0], weight);
        ParameterRows.Set(parameters[1], bias);
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        float[] features = heads.Features(0, Tensor.From(model.Device, new Shape(1, 32), h)).ToArray();
        for (int i = 0; i < 32; i++)
        {
            double z = bias[i] + Enumerable.Range(0, 32).Sum(j => (double)weight[i * 32 + j] * h[j]);
            Assert.Equal(h[i] + z / (1 + Math.Exp(-z)), features[i], 1e-4);
        }
    }

    [Fact]
    public void A_folder_holds_them_under_the_names_of_the_field()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        using MedusaHeads heads = MedusaHeads.Of(model, 2);
        heads.Accuracy = [[0.5, 0.25], [0.4, 0.125]];
        MedusaFile.Save(heads, _folder);
        using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(_folder, "medusa_lm_head.safetensors")))
            Assert.Equal(["0.0.linear.bias", "0.0.linear.weight", "0.1.weight", "1.0.linear.bias", "1.0.linear.weight", "1.1.weight"], file.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        using MedusaHeads read = MedusaFile.Load(_folder, model.Device, model.Config, DType.F32);
        Assert.Equal(heads.Accuracy, read.Accuracy);
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        Assert.Equal(heads.Parameters.SelectMany(parameter => parameter.Value.ToArray()), read.Parameters.SelectMany(parameter => parameter.Value.ToArray()));
    }

    [Theory]
    [InlineData("{", "no JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{}", "medusa_num_heads: it is missing")]
    [InlineData("{\"medusa_num_heads\":99}", "99 heads")]
    [InlineData("{\"medusa_num_heads\":2,\"medusa_num_layers\":3}", "3 layers")]
    [InlineData("{\"medusa_num_heads\":2,\"athanor_accuracy\":[[2],[0]]}", "athanor_accuracy")]
    [InlineData("{\"medusa_num_heads\":2,\"athanor_accuracy\":7}", "athanor_accuracy")]
    public void Settings_that_are_none_are_refused(string config, string message)
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        using MedusaHeads heads = MedusaHeads.Of(model, 2);
        MedusaFile.Save(heads, _folder);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        Assert.Contains(message, Assert.Throws<ModelFormatException>(() => MedusaFile.Load(_folder, model.Device, model.Config, DType.F32)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_of_another_model_and_folders_without_heads_are_refused()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        Assert.Contains("medusa_lm_head", Assert.Throws<ModelFormatException>(() => MedusaFile.Load(_folder, model.Device, model.Config, DType.F32)).Message, StringComparison.Ordinal);
        using MedusaHeads heads = MedusaHeads.Of(model, 1);
        MedusaFile.Save(heads, _folder);
        Assert.Contains("shape", Assert.Throws<SafetensorsException>(() => MedusaFile.Load(_folder, model.Device, model.Config with { VocabularySize = 50 }, DType.F32)).Message, StringComparison.Ordinal);
    }
}
