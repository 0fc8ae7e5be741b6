using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Objectives;
using Athanor.Training.Pretraining;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Objectives;

/// <summary>Rows of examples: what the trainer reads, and that a cursor is enough to go on.</summary>
public sealed class ExampleBatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Objectives => ["prefix_lm", "ul2", "fim"];

    // Tokens of the corpus are below 40; the special ones lie elsewhere.
    private static readonly Tokenizer Tokenizer = Words.Tokenizer([.. Words.Sentinels(100), "[NLU]", "[S2S]", "[NLG]", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"]);

    private static ExampleMaker Maker(string name, bool bidirectional = true) => name switch
    {
        "prefix_lm" => new PrefixLmObjective { Bidirectional = bidirectional }.Bind(Tokenizer),
        "ul2" => new Ul2Objective { Bidirectional = bidirectional }.Bind(Tokenizer),
        _ => new FimObjective { Cut = FimCut.Tokens }.Bind(Tokenizer),
    };

    [Theory]
    [MemberData(nameof(Objectives))]
    public void A_cursor_as_text_gives_the_very_next_batches(string name)
    {
        using TokenSource a = Corpus.Source(_folder, "a", Corpus.Documents(23, 1)), b = Corpus.Source(_folder, "b", Corpus.Documents(11, 2, 60), shards: 2);
        RowPacker New() => new(new Mixture([a, b], [2, 1], seed: 4), Corpus.Frame, window: 8, examples: Maker(name));
        RowPacker whole = New();
        Batch batch = whole.NewBatch();
        for (int step = 0; step < 30; step++)
        {
            Assert.True(whole.Fill(batch, 3, 48));
            if (step % 5 != 0)
                continue;
            RowPacker resumed = New();
            resumed.Restore(BatchCursor.Parse(batch.After.ToJson()));
            RowPacker straight = New();
            Batch one = resumed.NewBatch(), other = straight.NewBatch();
            // From the very beginning, so that nothing that the cursor lacks can help.
            for (int i = 0; i <= step; i++)
                straight.Fill(other, 3, 48);
            for (int i = 0; i < 3; i++)
            {
                resumed.Fill(one, 3, 48);
                straight.Fill(other, 3, 48);
                Assert.Equal(other.Ids.ToArray(), one.Ids.ToArray());
                Assert.Equal(other.Targets.ToArray(), one.Targets.ToArray());
                Assert.Equal(other.Prefixes.ToArray(), one.Prefixes.ToArray());
                Assert.Equal(other.TrainedTokens, one.TrainedTokens);
            }
        }
        Assert.True(batch.After.Sources[1].Epoch > 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_that_become_shorter_cut_what_waits(bool examples)
    {
        using TokenSource source = Corpus.Source(_folder, "a", Corpus.Documents(40, 1, 60));
        var packer = new RowPacker(new Mixture([source], seed: 4), Corpus.Frame, window: 8, examples: examples ? Maker("prefix_lm") : null);
        Batch batch = packer.NewBatch();
        packer.Fill(batch, 2, 64);
        for (int i = 0; i < 10; i++)
        {
            packer.Fill(batch, 4, 16);
            Assert.Equal(4 * 16, batch.Ids.Length);
            Assert.True(batch.TrainedTokens > 10);
        }
    }

    /// <summary>The loss of packed examples against each document alone in a row of its own with the prefix of that row.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_loss_of_packed_prefixes_is_that_of_separate_rows(bool bidirectional)
    {
        using TokenSource source = Corpus.Source(_folder, "a", Corpus.Documents(30));
        var packer = new RowPacker(new Mixture([source], seed: 4), Corpus.Frame, examples: Maker("prefix_lm", bidirectional));
        Batch batch = packer.NewBatch();
        packer.Fill(batch, 4, 48);
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings);
        float[][] packed = Tiny.Gradients(trainer, batch, out double loss);
        trainer.Optimizers.ClearGradients();
        double sum = 0;
        long trained = 0;
        foreach ((int[] ids, int[] targets) in Documents(batch))
        {
            // The prefix is all that is read before the first prediction.
            int prefix = Array.FindIndex(targets, target => target != Batch.Ignored) + 1;
            using StepScope scope = StepScope.Begin(model.Device);
            var shape = new Shape(1, ids.Length);
            Tensor part = model.Loss(
                new DecoderInput(Tensor.From(model.Device, shape, ids), Prefix: Tensor.From(model.Device, new Shape(1), [bidirectional ? prefix : 0])), Tensor.From(model.Device, shape, targets),
                new CrossEntropyOptions { Denominator = batch.TrainedTokens, RootGradient = 1 });
            part.Backward();
            sum += part.Item();
            trained += targets.Count(target => target != Batch.Ignored);
        }
        Assert.Equal(batch.TrainedTokens, trained);
        Assert.Equal(sum, loss, 1e-5);
        using StepScope read = StepScope.Begin(model.Device, record: false);
        Tiny.Near([.. model.Parameters.Select(parameter => parameter.Value.Gradient.ToArray())], packed, 1e-4);
    }

    [Fact]
    public void Reading_in_both_directions_changes_the_loss()
    {
        using TokenSource source = Corpus.Source(_folder, "a", Corpus.Documents(30));
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings);
        double[] losses = [.. ((bool[])[true, false]).Select(bidirectional =>
        {
            var packer = new RowPacker(new Mixture([source], seed: 4), Corpus.Frame, examples: Maker("prefix_lm", bidirectional));
            Batch batch = packer.NewBatch();
            packer.Fill(batch, 4, 48);
            Tiny.Gradients(trainer, batch, out double loss);
            return loss;
        })];
        Assert.True(Math.Abs(losses[0] - losses[1]) > 1e-4);
    }

    [Fact]
    public void Splits_are_uniform_and_every_later_token_counts()
    {
        ExampleMaker maker = Maker("prefix_lm");
        var counts = new int[11];
        for (ulong seed = 0; seed < 5000; seed++)
        {
            Example example = maker.Make(new PieceText([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], true, false), seed);
            counts[example.Prefix]++;
            Assert.Equal(Enumerable.Range(0, 10), example.Ids);
            Assert.Equal(Enumerable.Range(1, 10).Select(i => i < example.Prefix ? Batch.Ignored : i), example.Targets);
        }
        Assert.Equal(0, counts[0]);
        Assert.All(counts[1..], count => Assert.InRange(count, 420, 580));
    }

    [Fact]
    public void One_stream_has_no_place_for_examples()
    {
        using TokenSource source = Corpus.Source(_folder, "a", Corpus.Documents(3));
        Assert.Contains("best_fit", Assert.Throws<ArgumentException>(() => new RowPacker(new Mixture([source]), Corpus.Frame, RowFilling.Concatenate, examples: Maker("fim"))).Message, StringComparison.Ordinal);
        var packer = new RowPacker(new Mixture([source]), Corpus.Frame, examples: Maker("fim"));
        Assert.Contains("no room", Assert.Throws<InvalidOperationException>(() => packer.Fill(packer.NewBatch(), 1, 8)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<(int[] Ids, int[] Targets)> Documents(Batch batch)
    {
        for (int start = 0, at = 0; start < batch.Rows * batch.Length; start = at)
        {
            int segment = batch.Segments[start], row = start / batch.Length;
            for (at = start; at < (row + 1) * batch.Length && batch.Segments[at] == segment; at++)
            {
            }
            if (segment >= 0)
                yield return (batch.Ids[start..at].ToArray(), batch.Targets[start..at].ToArray());
        }
    }
}
