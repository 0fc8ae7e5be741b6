using System.Text;
using System.Text.RegularExpressions;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Tests.Testing;

namespace Athanor.Tokenizers.Tests.PreTokenizers;

public class PieceScannerTests
{
    public static TheoryData<string> Names => [.. PieceScanners.All.Select(scanner => scanner.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scanner_cuts_as_its_regex_does_by_code_points(string name)
    {
        PieceScanner scanner = PieceScanners.ByName(name);
        var regex = new CodePointRegex(scanner.Pattern);
        var random = new Random(11);
        for (int i = 0; i < 2000; i++)
        {
            byte[] text = NastyText.Create(random, random.Next(1, 24));
            Assert.True(regex.Ends(text).SequenceEqual(Ends(scanner, text)), $"{name}: {Convert.ToHexString(text)}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scanner_cuts_as_its_regex_does_on_short_ascii(string name)
    {
        PieceScanner scanner = PieceScanners.ByName(name);
        var regex = new CodePointRegex(scanner.Pattern);
        // Texts of five of these characters: each stands for a class or has a part of its own in some rule.
        byte[] alphabet = [.. " \n\t'sLe1(/"u8];
        var text = new byte[5];
        for (int number = 0; number < 100_000; number += name == "cl100k" ? 3 : 11)
        {
            int rest = number;
            for (int i = 0; i < text.Length; i++, rest /= 10)
                text[i] = alphabet[rest % 10];
            Assert.True(regex.Ends(text).SequenceEqual(Ends(scanner, text)), $"{name}: {Encoding.UTF8.GetString(text)}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scanner_cuts_as_dotnet_does_within_the_basic_plane(string name)
    {
        PieceScanner scanner = PieceScanners.ByName(name);
        // .NET has no possessive quantifiers, and none of these regexes backtracks into one.
        string pattern = scanner.Pattern.Replace("++", "+").Replace("?+", "?").Replace("*+", "*").Replace("3}+", "3}").Replace("$", @"\z");
        var regex = new Regex(pattern, RegexOptions.CultureInvariant);
        var random = new Random(12);
        for (int i = 0; i < 2000; i++)
        {
            string text = Encoding.UTF8.GetString(NastyText.Create(random, random.Next(1, 40), basicOnly: true)).Replace("\u017f", "");
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            IEnumerable<int> ends = regex.Matches(text).Select(match => Encoding.UTF8.GetByteCount(text.AsSpan(0, match.Index + match.Length)));
            Assert.True(ends.SequenceEqual(Ends(scanner, utf8)), $"{name}: {Convert.ToHexString(utf8)}");
        }
    }

    [Fact]
    public void Known_pieces()
    {
        Assert.Equal(["Hello", ",", " world", "'s", " ", " ", "123", "456", "!\n\n", " ", " x"], Pieces("cl100k", "Hello, world's  123456!\n\n  x"));
        Assert.Equal(["Hello", ",", " world", "'s", " ", " 123456", "!", "\n\n ", " x"], Pieces("gpt2", "Hello, world's  123456!\n\n  x"));
        Assert.Equal(["1", "2", "3"], Pieces("qwen2", "123"));
        Assert.Equal(["12", "3"], Pieces("nanochat", "123"));
        Assert.Equal(["1234"], Pieces("cl100k-any-digits", "1234"));
        Assert.Equal(["HTTPServer", "Is", " don't", " DON'T"], Pieces("o200k", "HTTPServerIs don't DON'T"));
        Assert.Equal(["x", "\n", "  "], Pieces("cl100k", "x\n  "));
        Assert.Equal(["x", "\n  "], Pieces("tiktoken", "x\n  "));

        static List<string> Pieces(string name, string text)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            var pieces = new List<string>();
            int start = 0;
            foreach (int end in Ends(PieceScanners.ByName(name), utf8))
            {
                pieces.Add(Encoding.UTF8.GetString(utf8[start..end]));
                start = end;
            }
            return pieces;
        }
    }

    [Fact]
    public void Every_published_spelling_of_a_regex_finds_its_scanner()
    {
        Assert.All(PieceScanners.All, scanner => Assert.Same(scanner, PieceScanners.ByPattern(scanner.Pattern)));
        // tiktoken before and after its rewrite, rustbpe, nanochat.
        Assert.Equal("gpt2", PieceScanners.ByPattern(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")?.Name);
        Assert.Equal("gpt2", PieceScanners.ByPattern(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s")?.Name);
        Assert.Equal("cl100k", PieceScanners.ByPattern(@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")?.Name);
        Assert.Equal("tiktoken", PieceScanners.ByPattern(@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s")?.Name);
        Assert.Equal("nanochat", PieceScanners.ByPattern(@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")?.Name);
        Assert.Null(PieceScanners.ByPattern(@"\w+|\s+"));
    }

    [Fact]
    public void The_spellings_of_gpt2_cut_alike()
    {
        var random = new Random(13);
        CodePointRegex[] spellings =
        [
            new(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"), new(PieceScanners.Gpt2.Pattern),
        ];
        for (int i = 0; i < 1000; i++)
        {
            byte[] text = NastyText.Create(random, 12);
            Assert.Equal(spellings[0].Ends(text), spellings[1].Ends(text));
        }
    }

    [Fact]
    public void Names_have_aliases_and_a_wrong_one_names_the_nearest()
    {
        Assert.Same(PieceScanners.Cl100k, PieceScanners.ByName("Llama3"));
        Assert.Same(PieceScanners.WithDigits(DigitPolicy.Two), PieceScanners.ByName("nanochat"));
        var error = Assert.Throws<ArgumentException>(() => PieceScanners.ByName("cl10k"));
        Assert.Contains("'cl100k'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Megabytes_of_one_kind_of_character_take_linear_time(string name)
    {
        PieceScanner scanner = PieceScanners.ByName(name);
        foreach (string unit in (string[])["a", " ", "\n", " \n", "\n  ", "1", "(", "'", "\u3042", "A", "aA", "\u0301A"])
        {
            byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, 500_000)));
            TimeSpan limit = TimeSpan.FromSeconds(2), time = Quickest.Of(limit, () => Assert.NotEmpty(Ends(scanner, text)));
            Assert.True(time < limit, $"{name} on {unit}: {time}");
        }
    }

    private static List<int> Ends(PieceScanner scanner, byte[] text)
    {
        var ends = new List<int>();
        for (int at = 0; at < text.Length; ends.Add(at))
        {
            int end = scanner.NextEnd(text, at);
            Assert.InRange(end, at + 1, text.Length);
            at = end;
        }
        return ends;
    }
}
