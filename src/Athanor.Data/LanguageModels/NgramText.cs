using System.Globalization;
using System.Text;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Data.LanguageModels;

/// <summary>What the words of an n-gram model are.</summary>
public enum NgramUnit
{
    /// <summary>What stands between white space, as it is.</summary>
    Words,

    /// <summary>
    /// Words of the text as CCNet normalizes it (Wenzek et al. 2020): lower case, accents taken off, digits as 0, typographic punctuation as ASCII, control characters left out.
    /// </summary>
    Normalized,

    /// <summary>A tokenizer's tokens.</summary>
    Tokens,
}

/// <summary>Cuts a line into the words of an n-gram model. For one thread.</summary>
public sealed class NgramText
{
    /// <summary>Stands for characters that are left out.</summary>
    private const int Nothing = -1;
    private static readonly int[] AsciiForms = [.. Enumerable.Range(0, 128).Select(unit => Form((char)unit))];
    private static readonly UnicodeNormalizer Decomposition = new(UnicodeForm.Nfd);
    private readonly NgramUnit _unit;
    private readonly NgramVocabulary _vocabulary;
    private readonly Tokenizer? _tokenizer;
    private readonly TokenBuffer _tokens = new();
    private char[] _text = new char[256];
    private readonly uint?[] _known;
    private readonly NormalizedText _normal = new();

    /// <summary>Cuts lines into words of a vocabulary.</summary>
    /// <param name="tokenizer">Where the unit is tokens.</param>
    public NgramText(NgramUnit unit, NgramVocabulary vocabulary, Tokenizer? tokenizer)
    {
        if (unit == NgramUnit.Tokens && tokenizer is null)
            throw new ArgumentException("Tokens need a tokenizer.", nameof(tokenizer));
        ArgumentNullException.ThrowIfNull(vocabulary);
        (_unit, _vocabulary, _tokenizer) = (unit, vocabulary, tokenizer);
        _known = unit == NgramUnit.Tokens ? new uint?[tokenizer!.VocabularySize] : [];
    }

    /// <summary>The words of a line, behind those that are in the list.</summary>
    /// <param name="learn">Adds words that are new; else they are unknown.</param>
    public void Words(ReadOnlySpan<char> line, List<uint> words, bool learn)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (_unit == NgramUnit.Tokens)
        {
            Tokens(line, words, learn);
            return;
        }
        if (_unit == NgramUnit.Normalized)
            line = Normalized(line);
        for (int at = 0; at < line.Length;)
        {
            if (char.IsWhiteSpace(line[at]))
            {
                at++;
                continue;
            }
            int end = at + 1;
            while (end < line.Length && !char.IsWhiteSpace(line[end]))
                end++;
            ReadOnlySpan<char> word = line[at..end];
            at = end;
            uint id = learn ? _vocabulary.Add(word) : _vocabulary.Find(word);
            // A text that writes the marks themselves says nothing about sentences.
            if (!learn || id > NgramVocabulary.End)
                words.Add(id is NgramVocabulary.Begin or NgramVocabulary.End ? NgramVocabulary.Unknown : id);
        }
    }

    private void Tokens(ReadOnlySpan<char> line, List<uint> words, bool learn)
    {
        _tokens.Clear();
        _tokenizer!.Encode(line, _tokens, EncodeOptions.None);
        foreach (int token in _tokens.Ids)
        {
            uint id = _known[token] ??= Find(token, learn);
            words.Add(id);
        }
    }

    private uint Find(int token, bool learn)
    {
        // Tokens are named by their ids: their texts may hold white space or be no UTF-8.
        Span<char> name = stackalloc char[12];
        token.TryFormat(name, out int length, default, CultureInfo.InvariantCulture);
        return learn ? _vocabulary.Add(name[..length]) : _vocabulary.Find(name[..length]);
    }

    private ReadOnlySpan<char> Normalized(ReadOnlySpan<char> line)
    {
        line = Ascii.IsValid(line) ? line : Decomposed(line);
        if (_text.Length < line.Length)
            _text = new char[line.Length * 2];
        char[] text = _text;
        int length = 0;
        foreach (char unit in line)
        {
            int form = unit < AsciiForms.Length ? AsciiForms[unit] : Form(unit);
            text[length] = (char)form;
            length += form == Nothing ? 0 : 1;
        }
        return text.AsSpan(0, length);
    }

    /// <summary>What a character becomes, or <see cref="Nothing"/>.</summary>
    private static int Form(char unit) => char.GetUnicodeCategory(unit) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.Control or UnicodeCategory.Format when !char.IsWhiteSpace(unit) => Nothing,
        UnicodeCategory.DecimalDigitNumber => '0',
        _ => Punctuation(char.ToLowerInvariant(unit)),
    };

    /// <summary>Accents as characters of their own; the platform does no such thing where it runs without cultures.</summary>
    private string Decomposed(ReadOnlySpan<char> line)
    {
        _normal.Reset(Encoding.UTF8.GetBytes(line.ToArray()), 0, aligned: false);
        Decomposition.Apply(_normal);
        return Encoding.UTF8.GetString(_normal.Bytes);
    }

    private static char Punctuation(char unit) => unit switch
    {
        '\u2018' or '\u2019' or '\u201A' or '\u201B' or '\u00B4' or '`' or '\u2032' => '\'',
        '\u201C' or '\u201D' or '\u201E' or '\u201F' or '\u00AB' or '\u00BB' or '\u300C' or '\u300D' or '\u2033' => '"',
        '\u2010' or '\u2011' or '\u2012' or '\u2013' or '\u2014' or '\u2015' or '\u2212' => '-',
        '\u3001' or '\uFF0C' or '\u060C' => ',',
        '\u3002' or '\uFF0E' or '\u2026' => '.',
        '\uFF01' => '!',
        '\uFF1F' or '\u061F' => '?',
        '\uFF1A' or '\u2236' => ':',
        '\uFF1B' or '\u061B' => ';',
        '\uFF08' or '\u3010' or '\u300A' => '(',
        '\uFF09' or '\u3011' or '\u300B' => ')',
        '\uFF05' => '%',
        '\u25A0' or '\u25CF' or '\u2022' or '\u00B7' => '-',
        _ => unit,
    };
}
