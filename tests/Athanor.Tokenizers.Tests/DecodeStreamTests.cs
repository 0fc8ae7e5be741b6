using System.Text;
using Athanor.Tokenizers.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests;

public class DecodeStreamTests
{
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (string name in VectorTokenizers.Names.Where(name => !name.StartsWith("pre-", StringComparison.Ordinal) && !name.StartsWith("normalizer-", StringComparison.Ordinal)))
            names.Add(name);
        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parts_put_together_are_the_whole(string name)
    {
        Tokenizer tokenizer = VectorTokenizers.Get(name);
        int[] ids = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.Contains)];
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), picks => Check(tokenizer, [.. (picks ?? []).Select(pick => ids[(int)((uint)pick % ids.Length)])])).QuickCheckThrowOnFailure();
        var random = new System.Random(3);
        for (int i = 0; i < 50; i++)
            Assert.True(Check(tokenizer, [.. Enumerable.Range(0, 40).Select(_ => ids[random.Next(ids.Length)])]));
    }

    [Fact]
    public void Text_comes_as_soon_as_it_is_certain()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("gpt2");
        int[] ids = tokenizer.Encode("a\u00E9\uD83D\uDE00");
        DecodeStream stream = tokenizer.CreateStream();
        Assert.Equal("a", stream.Append(ids[0]));
        string[] rest = [.. ids.Skip(1).Select(stream.Append)];
        Assert.Equal("\u00E9\uD83D\uDE00", string.Concat(rest));
        Assert.Equal("\uD83D\uDE00", rest[^1]);
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void A_character_cut_off_at_the_end_is_told_by_flushing()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("gpt2");
        int[] ids = tokenizer.Encode("x\uD83D\uDE01");
        DecodeStream stream = tokenizer.CreateStream();
        Assert.Equal("x", string.Concat(ids[..^1].Select(stream.Append)));
        Assert.Equal("\uFFFD", stream.Flush());
        Assert.Equal("x\uD83D\uDE01", string.Concat(ids.Select(stream.Append)) + stream.Flush());
    }

    [Fact]
    public void Special_tokens_are_left_out_where_asked()
    {
        Tokenizer tokenizer = VectorTokenizers.Get("llama2");
        int[] ids = tokenizer.Encode("the end</s>", EncodeOptions.AddSpecial | EncodeOptions.ParseSpecial);
        DecodeStream stream = tokenizer.CreateStream(skipSpecial: true);
        Assert.Equal("the end", string.Concat(ids.Select(stream.Append)) + stream.Flush());
        Assert.Equal("<s> the end</s>", tokenizer.Decode(ids));
    }

    private static bool Check(Tokenizer tokenizer, int[] ids)
    {
        foreach (bool skip in (bool[])[false, true])
        {
            DecodeStream stream = tokenizer.CreateStream(skip);
            var text = new StringBuilder();
            foreach (int id in ids)
            {
                string part = stream.Append(id);
                if (part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])))
                    return false;
                text.Append(part);
            }
            if (text.Append(stream.Flush()).ToString() != tokenizer.Decode(ids, skip))
                return false;
        }
        return true;
    }
}
