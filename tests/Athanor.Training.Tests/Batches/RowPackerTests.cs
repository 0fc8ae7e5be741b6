using Athanor.Training.Batches;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Batches;

public sealed class RowPackerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 32)]
    [InlineData(3, 32)]
    [InlineData(2, 8)]
    public void Packed_rows_hold_every_document_once_with_the_targets_of_a_row_of_its_own(int shards, int length)
    {
        int[][] documents = Corpus.Documents(200);
        using TokenSource source = Corpus.Source(_folder, "a", documents, shards);
        var expected = documents.SelectMany(document => Pieces([Corpus.End, .. document, Corpus.End], length)).Order(StringComparer.Ordinal);
        var found = new List<string>();
        var packer = new RowPacker(new Mixture([source], seed: 9), Corpus.Frame, window: 20, endless: false);
        Batch batch = packer.NewBatch();
        long trained = 0, cells = 0;
        while (packer.Fill(batch, 4, length))
        {
            for (int row = 0; row < 4; row++)
                found.AddRange(Segments(batch, row));
            trained += batch.TrainedTokens;
            cells += 4 * length;
        }
        Assert.Equal(expected, found.Order(StringComparer.Ordinal));
        Assert.Equal(documents.Sum(document => document.Length + 1), trained);
        Assert.True(trained > 0.9 * cells, $"Only {trained} of {cells} positions are used.");
    }

    [Fact]
    public void Concatenated_rows_are_one_stream()
    {
        int[][] documents = Corpus.Documents(30);
        using TokenSource source = Corpus.Source(_folder, "a", documents);
        int[] stream = [.. documents.SelectMany(document => (int[])[Corpus.End, .. document])];
        var packer = new RowPacker(new Mixture([source], shuffle: false), Corpus.Frame, RowFilling.Concatenate, endless: false);
        Batch batch = packer.NewBatch();
        var ids = new List<int>();
        var targets = new List<int>();
        while (packer.Fill(batch, 2, 16))
        {
            ids.AddRange(batch.Ids);
            targets.AddRange(batch.Targets);
            Assert.False(batch.IsPacked);
        }
        Assert.Equal(stream, ids[..stream.Length]);
        Assert.Equal([.. stream[1..], Corpus.End], targets[..stream.Length]);
        Assert.All(targets[stream.Length..], target => Assert.Equal(Batch.Ignored, target));
    }

    [Fact]
    public void Frames_that_shards_already_hold_are_not_put_twice()
    {
        using TokenSource source = Corpus.Source(_folder, "a", [[0, 5, 6, 0], [7, 8]]);
        Batch batch = Tiny.Batch(source, 2, 4, shuffle: false);
        Assert.Equal(["0>5 5>6 6>0", "0>7 7>8 8>0"], Segments(batch, 0).Concat(Segments(batch, 1)));
        using TokenSource bare = Corpus.Source(_folder, "b", [[7, 8, 9], [3], []]);
        var packer = new RowPacker(new Mixture([bare], shuffle: false), new DocumentFrame(null, null), endless: false);
        Batch rest = packer.NewBatch();
        Assert.True(packer.Fill(rest, 1, 8));
        Assert.Equal(["7>8 8>9"], Segments(rest, 0));
        Assert.False(packer.Fill(rest, 1, 8));
    }

    [Theory]
    [InlineData(RowFilling.BestFit)]
    [InlineData(RowFilling.Concatenate)]
    public void A_cursor_as_text_gives_the_very_next_batches(RowFilling filling)
    {
        using TokenSource a = Corpus.Source(_folder, "a", Corpus.Documents(23, 1)), b = Corpus.Source(_folder, "b", Corpus.Documents(11, 2, 60), shards: 2);
        RowPacker New() => new(new Mixture([a, b], [2, 1], seed: 4), Corpus.Frame, filling, window: 8);
        RowPacker whole = New();
        Batch batch = whole.NewBatch();
        // Several epochs of the smaller source.
        for (int step = 0; step < 40; step++)
        {
            Assert.True(whole.Fill(batch, 3, 24));
            if (step % 7 != 0)
                continue;
            RowPacker resumed = New();
            resumed.Restore(BatchCursor.Parse(batch.After.ToJson()));
            RowPacker straight = New();
            straight.Restore(batch.After);
            Batch one = resumed.NewBatch(), other = straight.NewBatch();
            for (int i = 0; i < 3; i++)
            {
                resumed.Fill(one, 3, 24);
                straight.Fill(other, 3, 24);
                Assert.Equal(other.Ids.ToArray(), one.Ids.ToArray());
                Assert.Equal(other.Targets.ToArray(), one.Targets.ToArray());
                Assert.Equal(other.Segments.ToArray(), one.Segments.ToArray());
            }
        }
        RowPacker again = New();
        Batch last = again.NewBatch();
        for (int step = 0; step < 40; step++)
            again.Fill(last, 3, 24);
        Assert.Equal(batch.Ids.ToArray(), last.Ids.ToArray());
        Assert.True(batch.After.Sources[1].Epoch > 1);
    }

    [Fact]
    public void Weights_are_shares_of_tokens_and_epochs_are_by_source()
    {
        using TokenSource a = Corpus.Source(_folder, "a", Corpus.Documents(300, 1, 10)), b = Corpus.Source(_folder, "b", Corpus.Documents(20, 2, 30));
        var packer = new RowPacker(new Mixture([a, b], [3, 1]), Corpus.Frame);
        Batch batch = packer.NewBatch();
        long[] tokens = new long[2];
        for (int step = 0; step < 50; step++)
        {
            packer.Fill(batch, 4, 32);
            for (int i = 0; i < 2; i++)
                tokens[i] += batch.SourceTokens[i];
            Assert.Equal(batch.TrainedTokens, batch.SourceTokens.Sum());
        }
        Assert.InRange(tokens[0] / (double)tokens.Sum(), 0.70, 0.80);
        Assert.True(batch.After.Sources[1].Epoch >= 3);
        long taken = batch.After.Sources.Sum(source => source.Taken);
        Assert.InRange(batch.After.Sources[0].Taken, 0.75 * taken - 31, 0.75 * taken + 31);
    }

    [Fact]
    public void Weights_of_the_decay_hold_from_its_beginning_and_a_cursor_knows_them()
    {
        using TokenSource a = Corpus.Source(_folder, "a", Corpus.Documents(300, 1, 10)), b = Corpus.Source(_folder, "b", Corpus.Documents(200, 2, 10));
        RowPacker New() => new(new Mixture([a, b], [1, 0], later: [1, 3]), Corpus.Frame, window: 8);
        RowPacker packer = New();
        Batch batch = packer.NewBatch();
        for (int step = 0; step < 40; step++)
            packer.Fill(batch, 4, 32);
        Assert.Equal(0, batch.After.Sources[1].Taken);
        long before = batch.After.Sources[0].Taken;
        RowPacker resumed = New();
        Batch other = resumed.NewBatch();
        for (int step = 0; step < 30; step++)
        {
            packer.Fill(batch, 4, 32, phase: 1);
            if (step == 10)
                resumed.Restore(BatchCursor.Parse(batch.After.ToJson()));
            else if (step > 10)
            {
                resumed.Fill(other, 4, 32, phase: 1);
                Assert.Equal(batch.Ids.ToArray(), other.Ids.ToArray());
            }
        }
        // Three quarters of what came since, not of all.
        double since = batch.After.Sources[0].Taken - before + batch.After.Sources[1].Taken;
        Assert.Equal(0.75, batch.After.Sources[1].Taken / since, 0.02);
    }

    [Fact]
    public void Epochs_differ_in_order_and_seeds_too()
    {
        using TokenSource source = Corpus.Source(_folder, "a", Corpus.Documents(64, 1, 8));
        static int[] First(TokenSource source, ulong seed, int skip)
        {
            var packer = new RowPacker(new Mixture([source], seed: seed), Corpus.Frame, RowFilling.Concatenate);
            Batch batch = packer.NewBatch();
            for (int i = 0; i <= skip; i++)
                packer.Fill(batch, 1, 64);
            return batch.Ids.ToArray();
        }
        Assert.NotEqual(First(source, 1, 0), First(source, 2, 0));
        Assert.Equal(First(source, 1, 5), First(source, 1, 5));
    }

    [Fact]
    public void A_loader_gives_what_its_packer_would_and_goes_back_to_a_cursor()
    {
        using TokenSource source = Corpus.Source(_folder, "a", Corpus.Documents(50));
        static BatchShape Shape(long step) => new(1 + (int)step % 3, 16);
        RowPacker New() => new(new Mixture([source], seed: 2), Corpus.Frame);
        RowPacker packer = New();
        Batch expected = packer.NewBatch();
        using var loader = new BatchLoader(New(), Shape);
        var second = new BatchCursor();
        int[] third = [];
        for (long step = 0; step < 10; step++)
        {
            packer.Fill(expected, Shape(step).Rows, 16);
            Batch batch = loader.Next();
            Assert.Equal(expected.Ids.ToArray(), batch.Ids.ToArray());
            if (step == 1)
                second = BatchCursor.Parse(batch.After.ToJson());
            if (step == 2)
                third = batch.Ids.ToArray();
        }
        loader.Restore(second, 2);
        Assert.Equal(third, loader.Next().Ids.ToArray());
    }

    [Fact]
    public void Sources_of_two_tokenizers_and_empty_ones_are_refused()
    {
        using TokenSource a = Corpus.Source(_folder, "a", Corpus.Documents(3)), empty = Corpus.Source(_folder, "none", [[]]);
        Assert.Contains("holds no tokens", Assert.Throws<ArgumentException>(() => new Mixture([a, empty])).Message, StringComparison.Ordinal);
        Assert.Contains("weights", Assert.Throws<ArgumentException>(() => new Mixture([a], [0])).Message, StringComparison.Ordinal);
        var foreign = new Data.Shards.TokenShardWriter(_folder["f.shard"], Corpus.Vocabulary, [.. Enumerable.Repeat((byte)1, 32)]);
        foreign.Add([1, 2]);
        foreign.Complete();
        foreign.Dispose();
        using TokenSource other = TokenSource.Open("f", _folder["f.shard"]);
        Assert.Contains("different tokenizers", Assert.Throws<ArgumentException>(() => new Mixture([a, other])).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Pieces(int[] framed, int length)
    {
        for (int start = 0; start < framed.Length - 1; start += length)
            yield return string.Join(' ', Enumerable.Range(start, Math.Min(length, framed.Length - 1 - start)).Select(i => $"{framed[i]}>{framed[i + 1]}"));
    }

    /// <summary>"id>target …" of each segment; checks positions and padding.</summary>
    private static List<string> Segments(Batch batch, int row)
    {
        var found = new List<string>();
        int position = 0;
        for (int t = 0; t < batch.Length; t++)
        {
            int at = row * batch.Length + t, segment = batch.Segments[at];
            if (segment < 0)
            {
                Assert.Equal(Batch.Ignored, batch.Targets[at]);
                continue;
            }
            string cell = $"{batch.Ids[at]}>{batch.Targets[at]}";
            if (segment == found.Count)
            {
                found.Add(cell);
                position = 0;
            }
            else
            {
                found[segment] += $" {cell}";
            }
            Assert.Equal(position++, batch.Positions[at]);
        }
        return found;
    }
}
