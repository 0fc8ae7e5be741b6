using Athanor.Models.Configuration;
using Athanor.Models.Layers;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Layers;

public sealed class PackingTests
{
    public static TheoryData<string> Options => ["rotary", "alibi", "learned", "window", "logn"];

    [Theory]
    [MemberData(nameof(Options))]
    public void Packed_documents_give_the_logits_of_separate_rows(string option)
    {
        using Decoder model = TinyModels.Build(Config(option));
        int[] lengths = [7, 1, 11, 5], ids = TinyModels.Ids(24), positions = new int[24], segments = new int[24];
        var separate = new List<float>();
        for (int document = 0, at = 0; document < lengths.Length; at += lengths[document++])
        {
            separate.AddRange(Run.Logits(model, ids[at..(at + lengths[document])]));
            for (int i = 0; i < lengths[document]; i++)
                (positions[at + i], segments[at + i]) = (i, document);
        }
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        var shape = new Shape(1, 24);
        var input = new DecoderInput(Tensor.From(model.Device, shape, ids), Tensor.From(model.Device, shape, positions), Tensor.From(model.Device, shape, segments));
        Run.Near([.. separate], model.Logits(model.Hidden(input)).ToArray(), 1e-5);
    }

    [Fact]
    public void Tokens_of_a_prefix_see_all_of_it_and_the_rest_only_what_came_before()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama with { Layers = 1 });
        int[] ids = TinyModels.Ids(10), changed = [.. ids];
        changed[3] = (ids[3] + 1) % 40;
        float[] before = Prefixed(model, ids, 5), after = Prefixed(model, changed, 5), causal = Run.Logits(model, ids);
        // The first token sees the fourth; without a prefix it does not.
        Assert.NotEqual(before[..40], after[..40]);
        Assert.Equal(causal[..40], Run.Logits(model, changed)[..40]);
        // Behind the prefix nothing changes that comes later.
        changed = [.. ids];
        changed[9] = (ids[9] + 1) % 40;
        Assert.Equal(before[..(9 * 40)], Prefixed(model, changed, 5)[..(9 * 40)]);
        Run.Near(causal, Prefixed(model, ids, 0), 1e-6);
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Packed_documents_with_prefixes_of_their_own_give_the_logits_of_separate_rows(string option)
    {
        using Decoder model = TinyModels.Build(Config(option));
        int[] lengths = [7, 1, 11, 5], prefixes = [3, 1, 11, 2], ids = TinyModels.Ids(24), positions = new int[24], segments = new int[24], ends = new int[24];
        var separate = new List<float>();
        for (int document = 0, at = 0; document < lengths.Length; at += lengths[document++])
        {
            separate.AddRange(Prefixed(model, ids[at..(at + lengths[document])], prefixes[document]));
            for (int i = 0; i < lengths[document]; i++)
                (positions[at + i], segments[at + i], ends[at + i]) = (i, document, at + prefixes[document]);
        }
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        var shape = new Shape(1, 24);
        Tensor Of(int[] values) => Tensor.From(model.Device, shape, values);
        Run.Near([.. separate], model.Logits(model.Hidden(new DecoderInput(Of(ids), Of(positions), Of(segments), Of(ends)))).ToArray(), 1e-5);
    }

    private static float[] Prefixed(Decoder model, int[] ids, int prefix)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, ids.Length), ids), Prefix: Tensor.From(model.Device, new Shape(1), [prefix])))).ToArray();
    }

    private static ModelConfig Config(string option) => option switch
    {
        "alibi" => TinyModels.Llama with { Position = PositionKind.Alibi },
        "learned" => TinyModels.Llama with { Position = PositionKind.Learned },
        "window" => TinyModels.Llama with { SlidingWindow = 4 },
        "logn" => TinyModels.Llama with { LogNAttention = true, ContextLength = 8 },
        _ => TinyModels.Llama,
    };
}
