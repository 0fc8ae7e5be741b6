using System.Collections.Immutable;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.Files.Tiktoken;

/// <summary>Makes tokenizers of rank files.</summary>
public static class TiktokenTokenizer
{
    /// <summary>The parts of a tokenizer from a rank file and the name of its encoding (see <see cref="TiktokenEncoding.ByName"/>).</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="TokenizerFormatException">The file is damaged, or is that of another encoding.</exception>
    public static TokenizerParts Load(string path, string encoding) => Build(TiktokenFile.LoadRanks(path), TiktokenEncoding.ByName(encoding), path);

    /// <summary>The parts of a tokenizer from ranks; <paramref name="source"/> names their file in errors.</summary>
    /// <exception cref="TokenizerFormatException">A special token has the id or the text of a ranked one.</exception>
    public static TokenizerParts Build(Vocabulary ranks, TiktokenEncoding encoding, string source)
    {
        var added = ImmutableArray.CreateBuilder<AddedToken>(encoding.SpecialTokens.Length);
        foreach ((string token, int place) in encoding.SpecialTokens)
        {
            int id = place < 0 ? ranks.Count - 1 - place : place;
            if (ranks.Contains(id))
                throw new TokenizerFormatException(source, "", $"the rank {id} is taken, where {encoding.Name} has {token}; the file is that of another encoding");
            added.Add(new AddedToken(id, token));
        }
        bool isGpt2 = encoding.Scanner == PieceScanners.Gpt2;
        var bytes = new ByteLevelPreTokenizer(AddPrefixSpace: false, UseRegex: isGpt2);
        return new TokenizerParts
        {
            Model = ByteLevelBpe.FromRanks(ranks),
            AddedTokens = added.ToImmutable(),
            PreTokenizer = isGpt2
                ? bytes
                : new SequencePreTokenizer([new SplitPreTokenizer(encoding.Scanner.Pattern, isRegex: true, SplitBehavior.Isolated), bytes]),
            PostProcessor = SpecialFrame.Around(added.FirstOrDefault(token => token.Content == encoding.BosToken), null),
            Decoder = new ByteLevelDecoder(),
            Settings = new TokenizerSettings { BosToken = encoding.BosToken, EosToken = encoding.EosToken },
        };
    }
}
