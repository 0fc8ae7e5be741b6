using System.Text;
using Athanor.Tokenizers.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests;

public class TokenizerTests
{
    public static TheoryData<string> Lossless => ["gpt2", "llama3", "removed-inverted", "digits-then-bytes", "bytes-then-punctuation"];

    public static TheoryData<string> Steady => ["gpt2", "gpt2-prefix-space", "llama3", "nfc-bytes", "llama2", "llama2-metaspace", "unigram", "bert", "pre-whitespace", "added-flags-bytes"];

    [Theory]
    [MemberData(nameof(Lossless))]
    public void Any_bytes_come_back_from_a_byte_level_tokenizer(string name)
    {
        Tokenizer tokenizer = VectorTokenizers.Get(name);
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => RoundTrip(tokenizer, bytes ?? [])).QuickCheckThrowOnFailure();
        var random = new System.Random(5);
        for (int i = 0; i < 300; i++)
            Assert.True(RoundTrip(tokenizer, NastyText.Create(random, 60)));
    }

    [Fact]
    public void Any_bytes_come_back_from_byte_fallback()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("llama2");
        var random = new System.Random(6);
        for (int i = 0; i < 300; i++)
            Assert.True(RoundTrip(tokenizer, NastyText.Create(random, 40)));
        Assert.True(RoundTrip(tokenizer, [0xFF]));
        Assert.True(RoundTrip(tokenizer, [0x20, 0x20, 0xE2, 0x96]));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("digits-then-bytes")]
    public void Ranges_lie_side_by_side_and_cover_the_text(string name)
    {
        Tokenizer tokenizer = VectorTokenizers.Get(name);
        var random = new System.Random(7);
        var buffer = new TokenBuffer(withRanges: true);
        for (int i = 0; i < 100; i++)
        {
            byte[] text = NastyText.Create(random, 50);
            buffer.Clear();
            tokenizer.Encode(text.AsSpan(), buffer);
            // The post-processor trims spaces, so ranges grow from their starts only where it does not.
            int end = 0;
            foreach (ByteRange range in buffer.Ranges)
            {
                Assert.True(range.Start >= end && range.End <= text.Length);
                Assert.All(text[end..range.Start], value => Assert.True(value is (byte)' '));
                end = range.End;
            }
            Assert.All(text[end..], value => Assert.True(value is (byte)' '));
        }
    }

    [Fact]
    public void Special_tokens_in_text_stay_text_unless_asked_for()
    {
        string text = "a<s>b [MASK] [CLS] </s> <unk> [PAD]<s> [SEP] [MASK]";
        foreach (string name in VectorTokenizers.Names)
        {
            Tokenizer tokenizer = VectorTokenizers.Get(name);
            string?[] unknown = ["[UNK]", "<unk>"];
            foreach (int id in tokenizer.Encode(text))
                Assert.False(tokenizer.IsSpecial(id) && !unknown.Contains(tokenizer.GetToken(id)), $"{name} made '{tokenizer.GetToken(id)}' of text");
        }
        Tokenizer gpt2 = VectorTokenizers.Get("gpt2");
        Assert.True(gpt2.TryGetId("<s>", out int special));
        Assert.DoesNotContain(special, gpt2.Encode("x<s>"));
        Assert.Equal(special, gpt2.Encode("x<s>", EncodeOptions.ParseSpecial)[^1]);
        Assert.Equal("x<s>", gpt2.Decode(gpt2.Encode("x<s>")));
    }

    [Fact]
    public void Added_tokens_that_are_not_special_are_found_always()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("added-flags-bytes");
        Assert.True(tokenizer.TryGetId("two  spaces", out int id));
        Assert.Contains(id, tokenizer.Encode("has two  spaces in"));
    }

    [Theory]
    [MemberData(nameof(Steady))]
    public void Nothing_is_allocated_in_a_steady_state(string name)
    {
        Tokenizer tokenizer = VectorTokenizers.Get(name);
        byte[] text = Encoding.UTF8.GetBytes("Hello, the café cafe\u0301 world! <s> [MASK] DON'T 12345 \u4F60\u597D \uD83D\uDE00   and\n\nmore  text");
        string utf16 = Encoding.UTF8.GetString(text);
        var buffer = new TokenBuffer(withRanges: true);
        int[] ids = new int[1000];
        AllocatesNothing(() =>
        {
            buffer.Clear();
            tokenizer.Encode(text.AsSpan(), buffer, EncodeOptions.ParseSpecial | EncodeOptions.AddSpecial);
            tokenizer.Encode(utf16.AsSpan(), buffer);
            tokenizer.CountTokens(text);
            tokenizer.TryEncode(text, ids, out _);
            tokenizer.Truncate(text, 7, out _);
        });
    }

    [Fact]
    public void Texts_encode_alike_alone_in_a_batch_by_any_number_of_threads_and_as_UTF16()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("llama3");
        var random = new System.Random(8);
        ReadOnlyMemory<byte>[] texts = [.. Enumerable.Range(0, 200).Select(_ => (ReadOnlyMemory<byte>)NastyText.Create(random, 30))];
        int[][] expected = [.. texts.Select(text => Ids(tokenizer, text.ToArray()))];
        Assert.Equal(expected, tokenizer.EncodeBatch(texts, threads: 1));
        Assert.Equal(expected, tokenizer.EncodeBatch(texts, threads: 4));
        string[] strings = [.. texts.Select(text => Encoding.UTF8.GetString(text.Span))];
        Assert.Equal(strings.Select(text => tokenizer.Encode(text)), tokenizer.EncodeBatch(strings));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => tokenizer.EncodeBatch(strings, cancellation: cancelled.Token));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("bert")]
    [InlineData("unigram")]
    public void A_truncated_text_fits_its_budget_and_ends_with_a_character(string name)
    {
        Tokenizer tokenizer = VectorTokenizers.Get(name);
        var random = new System.Random(9);
        for (int i = 0; i < 60; i++)
        {
            string text = Encoding.UTF8.GetString(NastyText.Create(random, 40));
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            int all = tokenizer.CountTokens(bytes), last = -1;
            for (int budget = 0; budget <= all + 1; budget += 1 + budget / 4)
            {
                int cut = tokenizer.Truncate(bytes, budget, out int tokens);
                Assert.True(tokens <= budget);
                Assert.Equal(tokens, tokenizer.CountTokens(bytes.AsSpan(0, cut)));
                Assert.True(cut == bytes.Length || (bytes[cut] & 0xC0) != 0x80);
                Assert.Equal(budget >= all, cut == bytes.Length && tokens == all || all == 0);
                Assert.Equal(cut, Encoding.UTF8.GetByteCount(text.AsSpan(0, tokenizer.Truncate(text.AsSpan(), budget, out _))));
                last = Math.Max(last, cut);
            }
        }
        int added = tokenizer.AddedCount(pair: false);
        tokenizer.Truncate("the the the"u8, added, out int framed, EncodeOptions.AddSpecial);
        Assert.Equal(added, framed);
    }

    [Fact]
    public void A_budget_far_below_a_huge_text_does_not_read_the_whole_text()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("gpt2");
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the end of it ", 3_000_000)));
        TimeSpan limit = TimeSpan.FromMilliseconds(200), time = Quickest.Of(limit, () =>
        {
            int cut = tokenizer.Truncate(text, 100, out int tokens);
            Assert.True(tokens == 100 && cut is > 50 and < 1000);
        });
        Assert.True(time < limit, $"{time}");
    }

    [Fact]
    public void Ids_out_of_range_are_named()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("gpt2");
        Assert.Contains("100000", Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([1, 100000])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.DecodeBytes([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetToken(int.MaxValue));
        DecodeStream stream = tokenizer.CreateStream();
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Append(-5));
    }

    [Fact]
    public void Buffers_too_small_are_left_alone_and_the_count_is_told()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("gpt2");
        Span<int> ids = [7, 7];
        Assert.False(tokenizer.TryEncode(" the the the"u8, ids, out int count));
        Assert.Equal(3, count);
        Assert.Equal([7, 7], ids.ToArray());
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        tokenizer.Decode(tokenizer.Encode("the end"), writer);
        Assert.Equal("the end", Encoding.UTF8.GetString(writer.WrittenSpan));
    }

    private static bool RoundTrip(Tokenizer tokenizer, byte[] bytes) => tokenizer.DecodeBytes(Ids(tokenizer, bytes)).AsSpan().SequenceEqual(bytes);

    private static int[] Ids(Tokenizer tokenizer, byte[] text)
    {
        var buffer = new TokenBuffer();
        tokenizer.Encode(text.AsSpan(), buffer);
        return buffer.Ids.ToArray();
    }

    // What the runtime allocates once may fall into a round; what a call allocates falls into every round.
    private static void AllocatesNothing(Action action)
    {
        for (int i = 0; i < 40; i++)
            action();
        long least = long.MaxValue;
        for (int round = 0; round < 6 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++)
                action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }
}
