namespace Athanor.Tokenizers.PostProcessors;

/// <summary>Takes the spaces at the ends of byte-level tokens out of their ranges.</summary>
/// <param name="AddPrefixSpace">The pre-tokenizer puts a space before the text.</param>
/// <param name="TrimOffsets">Whether to do so at all.</param>
/// <param name="UseRegex">Kept for the file, without effect.</param>
public sealed record ByteLevelProcessing(bool AddPrefixSpace = true, bool TrimOffsets = true, bool UseRegex = true) : PostProcessor
{
    internal override void Apply(ref PostProcessing texts)
    {
        if (TrimOffsets)
            texts.TrimSpaces(AddPrefixSpace);
    }

    public override int AddedCount(bool pair) => 0;
}
