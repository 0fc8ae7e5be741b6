using System.Collections.Immutable;

namespace Athanor.Tokenizers.PostProcessors;

/// <summary>BERT's frame: cls A sep, or cls A sep B sep.</summary>
/// <param name="Sep">The separator's token and id.</param>
/// <param name="Cls">The leading token and its id.</param>
public sealed record BertProcessing((string Token, int Id) Sep, (string Token, int Id) Cls) : PostProcessor
{
    private readonly ImmutableArray<TemplatePiece> _single = [Special(Cls), new(TemplateSequence.A, "A", [], 0), Special(Sep)];

    private readonly ImmutableArray<TemplatePiece> _pair =
        [Special(Cls), new(TemplateSequence.A, "A", [], 0), Special(Sep), new(TemplateSequence.B, "B", [], 1), Special(Sep)];

    internal override void Apply(ref PostProcessing texts)
    {
        if (texts.AddSpecial)
            texts.Arrange((texts.IsPair ? _pair : _single).AsSpan());
    }

    public override int AddedCount(bool pair) => pair ? 3 : 2;

    internal static TemplatePiece Special((string Token, int Id) token) => new(TemplateSequence.None, token.Token, [token.Id], 0);
}
