using Athanor.Models.Configuration;
using Athanor.Models.Layers;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;

namespace Athanor.Models.Tests.Packed;

public sealed class PackedDecoderTests
{
    private static readonly ModelConfig Config = TinyModels.Llama with { FeedForwardWidth = 64 };

    [Theory]
    [InlineData(BlockFormat.F32, false, 1e-5)]
    [InlineData(BlockFormat.F32, true, 1e-5)]
    [InlineData(BlockFormat.Q8_0, false, 0.05)]
    public void A_packed_decoder_computes_what_the_plain_one_does(BlockFormat format, bool tied, double tolerance)
    {
        using Decoder plain = TinyModels.Build(Config with { TieEmbeddings = tied });
        using Decoder packed = Packed(plain, format);
        int[] ids = TinyModels.Ids(20);
        Run.Near(Run.Logits(plain, ids, 2), Run.Logits(packed, ids, 2), tolerance);
        Assert.Equal(plain.Parameters.Count, packed.Parameters.Count + packed.PackedMatrices.Count);
        Assert.Contains("packed", Assert.Throws<InvalidOperationException>(() => packed.Head).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_and_log_probabilities_of_a_packed_head_are_those_of_its_logits()
    {
        using Decoder plain = TinyModels.Build(Config), packed = Packed(plain, BlockFormat.Q8_0);
        int[] ids = TinyModels.Ids(300), targets = TinyModels.Ids(300, seed: 5);
        targets[7] = targets[211] = -100;
        using StepScope scope = StepScope.Begin(packed.Device, record: false);
        var shape = new Shape(6, 50);
        var input = new DecoderInput(Tensor.From(packed.Device, shape, ids));
        Tensor wanted = Tensor.From(packed.Device, shape, targets), weights = Tensor.From(packed.Device, shape, [.. targets.Select(id => 1 + id % 3 * 0.5f)]);
        Tensor logits = packed.Logits(packed.Hidden(input));
        Assert.Equal(logits.LogProb(wanted).ToArray(), packed.LogProbs(input, wanted).ToArray());
        var smoothed = new CrossEntropyOptions { LabelSmoothing = 0.1f };
        float expected = Ops.CrossEntropy(logits, wanted, smoothed, weights, out Tensor expectedLosses, out _).Item();
        Assert.Equal(expected, packed.Loss(input, wanted, smoothed, weights, out Tensor losses).Item(), 1e-5f);
        Assert.Equal(expectedLosses.ToArray(), losses.ToArray());
    }

    [Fact]
    public void Packed_matrices_of_another_shape_are_refused_by_name()
    {
        var wrong = new Found { ["layers.1.feed_forward.down.weight"] = PackedMatrix.Encode("blk.1.ffn_down", BlockFormat.F32, 4, new float[8]) };
        string message = Assert.Throws<ArgumentException>(() => new Decoder(Device.Default, Config, packed: wrong)).Message;
        Assert.Contains("layers.1.feed_forward.down.weight", message, StringComparison.Ordinal);
        Assert.Contains("blk.1.ffn_down", message, StringComparison.Ordinal);
    }

    private static Decoder Packed(Decoder plain, BlockFormat format)
    {
        var found = new Found();
        foreach (ModelParameter parameter in plain.Parameters.Where(p => p.Value.Shape.Rank == 2))
            found[parameter.Name] = PackedMatrix.Encode(parameter.Name, format, parameter.Value.Shape[1], Values(parameter));
        var packed = new Decoder(plain.Device, plain.Config, plain.DType, packed: found);
        var byName = plain.Parameters.ToDictionary(p => p.Name);
        foreach (ModelParameter parameter in packed.Parameters)
            packed.Device.Upload(parameter.Value, Values(byName[parameter.Name]));
        return packed;
    }

    private static float[] Values(ModelParameter parameter)
    {
        using StepScope scope = StepScope.Begin(parameter.Value.Device, record: false);
        return parameter.Value.Value.ToArray();
    }

    private sealed class Found : Dictionary<string, PackedMatrix>, IPackedWeights
    {
        public PackedMatrix? Find(string name) => this.GetValueOrDefault(name);
    }
}
