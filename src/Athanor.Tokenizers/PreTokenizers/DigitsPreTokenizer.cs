namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Parts numbers from the rest.</summary>
/// <param name="IndividualDigits">Each digit is a piece; otherwise each run of them.</param>
public sealed record DigitsPreTokenizer(bool IndividualDigits) : CharacterPreTokenizer
{
    private protected override SplitBehavior Behaves => IndividualDigits ? SplitBehavior.Isolated : SplitBehavior.Contiguous;

    protected override bool SplitsAt(int codePoint) => Utf8Text.IsNumeric(codePoint);
}
