using System.Text;
using Athanor.Tokenizers;
using Athanor.Training.Objectives;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Objectives;

public sealed class FimObjectiveTests
{
    private static readonly Tokenizer Tokenizer = Words.Tokenizer("<fim_prefix>", "<fim_suffix>", "<fim_middle>");

    private static int Id(string token) => Tokenizer.TryGetId(token, out int id) ? id : throw new ArgumentException(token);

    /// <summary>Takes an example apart at the sentinels of the papers' two layouts and puts the text together again.</summary>
    [Theory]
    [InlineData(FimCut.Characters)]
    [InlineData(FimCut.Tokens)]
    public void Moving_the_middle_back_gives_the_document_back(FimCut cut)
    {
        ExampleMaker maker = new FimObjective { Cut = cut }.Bind(Tokenizer);
        int pre = Id("<fim_prefix>"), suf = Id("<fim_suffix>"), mid = Id("<fim_middle>"), end = Tokenizer.EosId!.Value, plain = 0, spm = 0, inside = 0;
        for (ulong seed = 0; seed < 600; seed++)
        {
            string text = Words.Texts[(int)seed % Words.Texts.Length];
            int[] tokens = Tokenizer.Encode(text);
            Example example = maker.Make(new PieceText([end, .. tokens, end], true, true), seed);
            // Everything is trained.
            Assert.Equal(example.Ids[1..], example.Targets[..^1]);
            Assert.Equal((end, end, 0), (example.Ids[0], example.Targets[^1], example.Prefix));
            int[] body = example.Ids[1..];
            if (body[0] != pre)
            {
                plain++;
                Assert.Equal(tokens, body);
                continue;
            }
            int s = Array.IndexOf(body, suf), m = Array.IndexOf(body, mid);
            Assert.True(s >= 1 && m > s);
            (int[] prefix, int[] middle, int[] suffix) = (body[1..s], body[(m + 1)..], body[(s + 1)..m]);
            if (s == 1)
            {
                // SPM: prefix and middle stand behind the suffix without a mark between. (An empty prefix in PSM looks the same and reads the same.)
                spm++;
                Assert.Equal(text, Text([.. middle, .. suffix]));
                continue;
            }
            Assert.Equal(text, Text([.. prefix, .. middle, .. suffix]));
            inside += !tokens.AsSpan().StartsWith(prefix) ? 1 : 0;
        }
        // Half stays as it is, half of the others is SPM.
        Assert.InRange(plain, 250, 350);
        Assert.InRange(spm, 110, 200);
        // Cuts by characters fall into tokens, cuts by tokens never.
        Assert.True(cut == FimCut.Characters ? inside > 50 : inside == 0, $"{inside} prefixes end within a token.");
    }

    [Fact]
    public void Cuts_are_uniform_over_characters()
    {
        ExampleMaker maker = new FimObjective { Rate = 1, SpmRate = 0 }.Bind(Tokenizer);
        int[] tokens = Tokenizer.Encode("abcd");
        var counts = new Dictionary<int, int>();
        for (ulong seed = 0; seed < 5000; seed++)
        {
            int[] body = maker.Make(new PieceText(tokens, false, false), seed).Ids;
            int s = Array.IndexOf(body, Id("<fim_suffix>"));
            int length = Text(body[1..s]).Length;
            counts[length] = counts.GetValueOrDefault(length) + 1;
        }
        // The smaller of two numbers that are uniform in 0 … 4: 9, 7, 5, 3, 1 of 25.
        for (int i = 0; i <= 4; i++)
            Assert.Equal((9 - 2 * i) / 25.0, counts[i] / 5000.0, 0.03);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_cut_by_tokens_and_survive()
    {
        ExampleMaker maker = new FimObjective { Rate = 1 }.Bind(Tokenizer);
        int[] sentinels = [Id("<fim_prefix>"), Id("<fim_suffix>"), Id("<fim_middle>")];
        var buffer = new TokenBuffer();
        byte[] bytes = [0xFF, 0xC3, 0x28, 0x80, 0xE2, 0x82];
        Tokenizer.Encode(bytes, buffer);
        for (ulong seed = 0; seed < 100; seed++)
        {
            Example example = maker.Make(new PieceText(buffer.Ids, false, false), seed);
            int[] sequence = [.. example.Ids, example.Targets[^1]];
            Assert.Equal(bytes.Order(), Tokenizer.DecodeBytes([.. sequence.Where(id => !sentinels.Contains(id))]).Order());
        }
    }

    [Fact]
    public void Examples_of_a_piece_with_room_fit_the_row()
    {
        ExampleMaker maker = new FimObjective { Rate = 1 }.Bind(Tokenizer);
        int room = maker.Room(40);
        for (ulong seed = 0; seed < 500; seed++)
        {
            int[] tokens = [.. Tokenizer.Encode(string.Concat(Words.Texts))[(int)seed..].Take(room + 1)];
            Assert.InRange(maker.Make(new PieceText(tokens, false, false), seed).Length, room, 40);
        }
    }

    [Fact]
    public void Missing_tokens_are_named_with_the_remedy()
    {
        string said = Assert.Throws<InvalidDataException>(() => new FimObjective().Bind(Words.Tokenizer("<fim_prefix>"))).Message;
        Assert.Contains("<fim_suffix>, <fim_middle>", said, StringComparison.Ordinal);
        Assert.Contains("extend_tokenizer", said, StringComparison.Ordinal);
    }

    private static string Text(int[] ids) => Encoding.UTF8.GetString(Tokenizer.DecodeBytes(ids));
}
