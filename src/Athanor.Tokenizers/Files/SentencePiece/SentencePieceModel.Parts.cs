using System.Collections.Immutable;
using System.Text;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.SentencePiece;

/// <content>The tokenizer of the file, in the parts that the field's converters write to <c>tokenizer.json</c>.</content>
public sealed partial record SentencePieceModel
{
    private const string Mark = "\u2581";
    private static readonly Rune _mark = new('\u2581');

    /// <summary>The parts of a tokenizer.</summary>
    /// <param name="addBos">Whether a text gets the beginning token, as Llama's does; the file does not say.</param>
    /// <param name="addEos">Whether a text gets the ending token, as T5's does; the file does not say.</param>
    public TokenizerParts ToParts(bool addBos = false, bool addEos = false)
    {
        AddedToken[] added = [.. Enumerable.Range(0, Kinds.Length)
            .Where(id => Kinds[id] is PieceKind.Unknown or PieceKind.Control or PieceKind.UserDefined)
            .Select(id => new AddedToken(id, Text(id), Special: Kinds[id] != PieceKind.UserDefined))];
        AddedToken? Named(int id) => Array.Find(added, token => token.Id == id);
        return new TokenizerParts
        {
            Model = BuildModel(),
            AddedTokens = [.. added],
            Normalizer = BuildNormalizer(),
            PreTokenizer = RemoveExtraWhitespaces ? new MetaspacePreTokenizer(_mark, Scheme, SplitsAtMarks()) : null,
            PostProcessor = SpecialFrame.Around(addBos ? Named(BosId) : null, addEos ? Named(EosId) : null),
            Decoder = BuildDecoder(),
            Settings = new TokenizerSettings
            {
                BosToken = Named(BosId)?.Content,
                EosToken = Named(EosId)?.Content,
                PadToken = Named(PadId)?.Content,
                UnkToken = Text(UnknownId),
            },
        };
    }

    private PrependScheme Scheme => AddDummyPrefix ? PrependScheme.First : PrependScheme.Never;

    private string Text(int id) => Encoding.UTF8.GetString(Vocabulary[id]);

    private Normalizer? BuildNormalizer()
    {
        var steps = ImmutableArray.CreateBuilder<Normalizer>();
        if (!CharacterMap.IsEmpty)
            steps.Add(new PrecompiledNormalizer([.. CharacterMap]));
        if (RemoveExtraWhitespaces)
        {
            steps.Add(new StripNormalizer(Left: false, Right: true));
            steps.Add(new ReplaceNormalizer(TextPattern.Matching(" {2,}"), Mark));
        }
        else
        {
            // The mark goes before a text that begins with a space too, which the pre-tokenizer of that name would leave out.
            if (AddDummyPrefix)
                steps.Add(new PrependNormalizer(Mark));
            steps.Add(new ReplaceNormalizer(TextPattern.Exactly(" "), Mark));
        }
        return steps.Count == 1 ? steps[0] : new SequenceNormalizer(steps.ToImmutable());
    }

    private TokenDecoder BuildDecoder()
    {
        if (!ByteFallback && RemoveExtraWhitespaces)
            return new MetaspaceDecoder(_mark, Scheme, SplitsAtMarks());
        var steps = ImmutableArray.Create<TokenDecoder>(new ReplaceDecoder(TextPattern.Exactly(Mark), " "), new ByteFallbackDecoder(), new FuseDecoder());
        return new SequenceDecoder(AddDummyPrefix ? steps.Add(new StripDecoder(new Rune(' '), 1, 0)) : steps);
    }

    /// <summary>Whether no piece has a mark behind its first character, so that words can be encoded one by one.</summary>
    private bool SplitsAtMarks()
    {
        for (int id = 0; id < Kinds.Length; id++)
        {
            if (Kinds[id] is PieceKind.Normal or PieceKind.Unused && Vocabulary[id].LastIndexOf("\u2581"u8) > 0)
                return false;
        }
        return true;
    }
}
