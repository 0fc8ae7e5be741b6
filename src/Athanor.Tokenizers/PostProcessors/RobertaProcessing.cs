using System.Collections.Immutable;

namespace Athanor.Tokenizers.PostProcessors;

/// <summary>RoBERTa's frame: cls A sep, or cls A sep sep B sep.</summary>
/// <param name="Sep">The separator's token and id.</param>
/// <param name="Cls">The leading token and its id.</param>
/// <param name="TrimOffsets">Takes the spaces at the ends of tokens out of their ranges.</param>
/// <param name="AddPrefixSpace">The pre-tokenizer puts a space before the text.</param>
public sealed record RobertaProcessing((string Token, int Id) Sep, (string Token, int Id) Cls, bool TrimOffsets = true, bool AddPrefixSpace = true)
    : PostProcessor
{
    private readonly ImmutableArray<TemplatePiece> _single =
        [BertProcessing.Special(Cls), new(TemplateSequence.A, "A", [], 0), BertProcessing.Special(Sep)];

    private readonly ImmutableArray<TemplatePiece> _pair =
    [
        BertProcessing.Special(Cls), new(TemplateSequence.A, "A", [], 0), BertProcessing.Special(Sep),
        BertProcessing.Special(Sep), new(TemplateSequence.B, "B", [], 0), BertProcessing.Special(Sep),
    ];

    internal override void Apply(ref PostProcessing texts)
    {
        if (TrimOffsets)
            texts.TrimSpaces(AddPrefixSpace);
        if (texts.AddSpecial)
            texts.Arrange((texts.IsPair ? _pair : _single).AsSpan());
    }

    public override int AddedCount(bool pair) => pair ? 4 : 2;
}
