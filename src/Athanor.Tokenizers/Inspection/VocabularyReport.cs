using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Inspection;

/// <summary>A token with its id, as an inspection shows it.</summary>
/// <param name="Id">The id.</param>
/// <param name="Text">The token by <see cref="TokenText.Show"/>.</param>
/// <param name="Bytes">Length of the text it stands for.</param>
/// <param name="Count">How often the corpus has it; 0 where no corpus was read.</param>
public sealed record TokenExample(int Id, string Text, int Bytes, long Count = 0);

/// <summary>A group of tokens and how many are in it.</summary>
public sealed record TokenGroup(string Name, int Tokens);

/// <summary>What a vocabulary consists of.</summary>
public sealed record VocabularyReport
{
    /// <summary>One more than the highest id.</summary>
    public required int Size { get; init; }

    /// <summary>Tokens, holes between ids left out.</summary>
    public required int Tokens { get; init; }

    /// <summary>Control tokens such as end of text.</summary>
    public required int Special { get; init; }

    /// <summary>Tokens that are not whole UTF-8 characters.</summary>
    public required int PartialCharacters { get; init; }

    /// <summary>Mean length of a token, bytes of text.</summary>
    public required double MeanBytes { get; init; }

    /// <summary>Tokens by length in bytes.</summary>
    public required IReadOnlyList<TokenGroup> Lengths { get; init; }

    /// <summary>Tokens by what they consist of: letters of a script, digits, white space, signs.</summary>
    public required IReadOnlyList<TokenGroup> Kinds { get; init; }

    /// <summary>Tokens of digits alone, by number of digits: tells the digit policy.</summary>
    public required IReadOnlyList<TokenGroup> Digits { get; init; }

    /// <summary>The longest run of spaces that is one token.</summary>
    public required int LongestSpaces { get; init; }

    /// <summary>The longest tokens, longest first.</summary>
    public required IReadOnlyList<TokenExample> Longest { get; init; }

    /// <summary>Looks at every token of <paramref name="tokenizer"/>; shows the <paramref name="top"/> longest.</summary>
    public static VocabularyReport Of(Tokenizer tokenizer, int top = 20)
    {
        var lengths = new SortedDictionary<int, int>();
        var kinds = new Dictionary<string, int>();
        var digits = new SortedDictionary<int, int>();
        var ordinary = new List<TokenExample>();
        int partial = 0, spaces = 0, tokens = 0, special = 0;
        long bytes = 0;
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (!tokenizer.Contains(id))
                continue;
            tokens++;
            if (tokenizer.IsSpecial(id))
            {
                special++;
                continue;
            }
            ReadOnlySpan<byte> surface = tokenizer.GetTokenBytes(id);
            lengths[surface.Length] = lengths.GetValueOrDefault(surface.Length) + 1;
            bytes += surface.Length;
            string kind = Kind(surface);
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            if (kind == PartialKind)
                partial++;
            if (kind == "digits")
            {
                int length = Encoding.UTF8.GetCharCount(surface.Trim((byte)' '));
                digits[length] = digits.GetValueOrDefault(length) + 1;
            }
            if (surface.IndexOfAnyExcept((byte)' ') < 0)
                spaces = Math.Max(spaces, surface.Length);
            ordinary.Add(new TokenExample(id, TokenText.Show(surface), surface.Length));
        }
        return new VocabularyReport
        {
            Size = tokenizer.VocabularySize,
            Tokens = tokens,
            Special = special,
            PartialCharacters = partial,
            MeanBytes = ordinary.Count == 0 ? 0 : bytes / (double)ordinary.Count,
            Lengths = [.. lengths.Select(pair => new TokenGroup($"{pair.Key}", pair.Value))],
            Kinds = [.. kinds.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new TokenGroup(pair.Key, pair.Value))],
            Digits = [.. digits.Select(pair => new TokenGroup($"{pair.Key}", pair.Value))],
            LongestSpaces = spaces,
            Longest = [.. ordinary.OrderByDescending(token => token.Bytes).ThenBy(token => token.Id).Take(top)],
        };
    }

    private const string PartialKind = "parts of characters";

    private static string Kind(ReadOnlySpan<byte> surface)
    {
        bool letters = false, digits = false, signs = false;
        string script = "";
        while (!surface.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(surface, out Rune rune, out int length) != OperationStatus.Done)
                return PartialKind;
            surface = surface[length..];
            if (Rune.IsWhiteSpace(rune))
                continue;
            if (Rune.IsLetter(rune))
            {
                string own = Scripts.Of(rune);
                script = !letters || script == own ? own : "letters of several scripts";
                letters = true;
            }
            else if (Rune.IsNumber(rune))
            {
                digits = true;
            }
            else
            {
                signs = true;
            }
        }
        return (letters, digits, signs) switch
        {
            (false, false, false) => "white space",
            (true, _, false) when !digits => script,
            (false, true, false) => "digits",
            (false, false, true) => "signs",
            _ => "mixed",
        };
    }
}
