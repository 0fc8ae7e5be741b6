using System.Collections.Immutable;

namespace Athanor.Tokenizers.PostProcessors;

/// <summary>A text in a template, or none.</summary>
public enum TemplateSequence
{
    /// <summary>A special token.</summary>
    None,

    /// <summary>The first text.</summary>
    A,

    /// <summary>The second text.</summary>
    B,
}

/// <summary>A place in a template: a text, or a special token.</summary>
/// <param name="Sequence">The text.</param>
/// <param name="Name">The name of a special token.</param>
/// <param name="Ids">The ids of a special token.</param>
/// <param name="TypeId">The segment number that models with segments want.</param>
public sealed record TemplatePiece(TemplateSequence Sequence, string Name, ImmutableArray<int> Ids, int TypeId);

/// <summary>A special token of a template, which may be several tokens.</summary>
/// <param name="Name">What the template calls it.</param>
/// <param name="Ids">Its ids.</param>
/// <param name="Tokens">The token of each id.</param>
public sealed record TemplateToken(string Name, ImmutableArray<int> Ids, ImmutableArray<string> Tokens);

/// <summary>Lays one text, or a pair, out among special tokens.</summary>
/// <param name="Single">The template of one text.</param>
/// <param name="Pair">The template of a pair.</param>
/// <param name="SpecialTokens">The special tokens of both.</param>
public sealed record TemplateProcessing(
    ImmutableArray<TemplatePiece> Single, ImmutableArray<TemplatePiece> Pair, ImmutableArray<TemplateToken> SpecialTokens) : PostProcessor
{
    private readonly ImmutableArray<TemplatePiece> _plainSingle = [.. Single.Where(piece => piece.Sequence != TemplateSequence.None)];
    private readonly ImmutableArray<TemplatePiece> _plainPair = [.. Pair.Where(piece => piece.Sequence != TemplateSequence.None)];

    internal override void Apply(ref PostProcessing texts)
    {
        if (texts.AddSpecial)
            texts.Arrange((texts.IsPair ? Pair : Single).AsSpan());
        else if (texts.IsPair || _plainSingle.Length != 1)
            texts.Arrange((texts.IsPair ? _plainPair : _plainSingle).AsSpan());
    }

    public override int AddedCount(bool pair) => (pair ? Pair : Single).Sum(piece => piece.Ids.Length);
}
