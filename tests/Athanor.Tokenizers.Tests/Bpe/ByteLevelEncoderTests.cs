using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Tests.Testing;

namespace Athanor.Tokenizers.Tests.Bpe;

public class ByteLevelEncoderTests
{
    public static TheoryData<string> Names => [.. PieceScanners.All.Select(scanner => scanner.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_fused_encoder_gives_the_tokens_of_the_scanners_pieces(string name)
    {
        PieceScanner scanner = PieceScanners.ByName(name);
        var random = new Random(31);
        for (int round = 0; round < 8; round++)
        {
            ByteLevelBpe model = RandomBpe.Create(random, 150, trained: round % 3 > 0, allBytes: round % 4 > 0).Model(round % 2 == 0);
            ByteLevelEncoder encoder = ByteLevelEncoder.Create(model, scanner);
            for (int i = 0; i < 120; i++)
                CompareWithPieces(encoder, scanner, i % 2 == 0 ? NastyText.Create(random, random.Next(1, 300)) : NastyText.CreateAscii(random, random.Next(1, 900)), name);
        }
    }

    [Fact]
    public void Truncation_takes_the_first_tokens_and_says_their_bytes()
    {
        var random = new Random(32);
        ByteLevelBpe model = RandomBpe.Create(random, 100, trained: true).Model(false);
        ByteLevelEncoder encoder = ByteLevelEncoder.Create(model, PieceScanners.Cl100k);
        for (int i = 0; i < 200; i++)
        {
            byte[] text = NastyText.Create(random, random.Next(0, 200));
            var all = new TokenBuffer(withRanges: true);
            encoder.Encode(text, 0, all);
            int most = random.Next(0, all.Count + 3);
            var some = new TokenBuffer(withRanges: true);
            (int tokens, int bytes) = encoder.TruncateAt(text, most, some);
            Assert.Equal(Math.Min(most, all.Count), tokens);
            Assert.Equal(all.Ids[..tokens], some.Ids);
            Assert.Equal(all.Ranges[..tokens], some.Ranges);
            Assert.Equal(tokens == 0 ? 0 : all.Ranges[tokens - 1].End, bytes);
        }
    }

    [Fact]
    public void A_steady_state_allocates_nothing()
    {
        var random = new Random(33);
        ByteLevelBpe model = RandomBpe.Create(random, 100, trained: true).Model(false);
        ByteLevelEncoder encoder = ByteLevelEncoder.Create(model, PieceScanners.Cl100k);
        byte[] text = NastyText.Create(random, 5000);
        var output = new TokenBuffer();
        for (int i = 0; i < 3; i++)
            Encode();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Encode();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Encode()
        {
            output.Clear();
            encoder.Encode(text, 0, output);
            Assert.True(encoder.Count(text) == output.Count);
        }
    }

    [Fact]
    public void Threads_share_an_encoder()
    {
        var random = new Random(34);
        ByteLevelBpe model = RandomBpe.Create(random, 100, trained: true).Model(false);
        ByteLevelEncoder encoder = ByteLevelEncoder.Create(model, PieceScanners.Cl100k);
        byte[][] texts = [.. Enumerable.Range(0, 60).Select(_ => NastyText.Create(random, 300))];
        int[][] expected = [.. texts.Select(Encode)];
        var actual = new int[texts.Length][];
        Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => actual[i] = Encode(texts[i]));
        Assert.Equal(expected, actual);

        int[] Encode(byte[] text)
        {
            var output = new TokenBuffer();
            encoder.Encode(text, 0, output);
            return output.Ids.ToArray();
        }
    }

    [Fact]
    public void Long_texts_and_batches_have_the_same_tokens_on_any_number_of_threads()
    {
        var random = new Random(35);
        ByteLevelBpe model = RandomBpe.Create(random, 100, trained: true).Model(false);
        ByteLevelEncoder encoder = ByteLevelEncoder.Create(model, PieceScanners.O200k);
        byte[] text = [.. Enumerable.Range(0, 2500).SelectMany(_ => (byte[])[.. NastyText.Create(random, 60), .. "word word.\nWord "u8])];
        var whole = new TokenBuffer(withRanges: true);
        encoder.Encode(text, 7, whole);
        var parts = new TokenBuffer(withRanges: true);
        parts.Add(1, 0, 7);
        encoder.EncodeParallel(text, 7, parts, threads: 3);
        Assert.Equal(whole.Ids, parts.Ids[1..]);
        Assert.Equal(whole.Ranges, parts.Ranges[1..]);

        byte[][] texts = [.. Enumerable.Range(0, 101).Select(_ => NastyText.Create(random, random.Next(80)))];
        var batch = new TokenBatch(withRanges: true);
        for (int threads = 0; threads < 4; threads++)
        {
            batch.Fill(texts.Length, threads, (i, buffer) => encoder.Encode(texts[i], 0, buffer), default);
            long tokens = 0;
            for (int i = 0; i < texts.Length; i++)
            {
                whole.Clear();
                encoder.Encode(texts[i], 0, whole);
                Assert.Equal(whole.Ids, batch[i]);
                Assert.Equal(whole.Ranges, batch.Ranges(i));
                tokens += whole.Count;
            }
            Assert.Equal(tokens, batch.TokenCount);
        }
        Assert.Throws<OperationCanceledException>(() => batch.Fill(texts.Length, 1, (_, _) => { }, new CancellationToken(canceled: true)));
    }

    private static void CompareWithPieces(ByteLevelEncoder encoder, PieceScanner scanner, byte[] text, string name)
    {
        var expected = new TokenBuffer(withRanges: true);
        for (int at = 0; at < text.Length;)
        {
            int end = scanner.NextEnd(text, at);
            encoder.Model.Encode(text.AsSpan(at, end - at), at + 3, expected);
            at = end;
        }
        var actual = new TokenBuffer(withRanges: true);
        encoder.Encode(text, 3, actual);
        Assert.True(expected.Ids.SequenceEqual(actual.Ids), $"{name}: {Convert.ToHexString(text)}");
        Assert.True(expected.Ranges.SequenceEqual(actual.Ranges), $"{name} ranges: {Convert.ToHexString(text)}");
        Assert.Equal(expected.Count, encoder.Count(text));
    }
}
