using System.Collections.Immutable;
using Athanor.Tokenizers.PostProcessors;

namespace Athanor.Tokenizers.Files;

/// <summary>The post-processor that puts one token before and one behind every text.</summary>
internal static class SpecialFrame
{
    /// <summary>The post-processor, or null where neither token is wanted.</summary>
    public static PostProcessor? Around(AddedToken? before, AddedToken? behind)
    {
        if (before is null && behind is null)
            return null;
        AddedToken[] tokens = [.. new[] { before, behind }.OfType<AddedToken>().Distinct()];
        ImmutableArray<TemplatePiece> single = Frame(before, behind, TemplateSequence.A, "A", 0);
        return new TemplateProcessing(single, [.. single, .. Frame(before, behind, TemplateSequence.B, "B", 1)],
            [.. tokens.Select(token => new TemplateToken(token.Content, [token.Id], [token.Content]))]);
    }

    private static ImmutableArray<TemplatePiece> Frame(AddedToken? before, AddedToken? behind, TemplateSequence text, string name, int type)
    {
        var pieces = ImmutableArray.CreateBuilder<TemplatePiece>();
        if (before is not null)
            pieces.Add(new TemplatePiece(TemplateSequence.None, before.Content, [before.Id], type));
        pieces.Add(new TemplatePiece(text, name, [], type));
        if (behind is not null)
            pieces.Add(new TemplatePiece(TemplateSequence.None, behind.Content, [behind.Id], type));
        return pieces.ToImmutable();
    }
}
