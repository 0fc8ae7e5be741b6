namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Splits at punctuation.</summary>
/// <param name="Behavior">What becomes of it.</param>
public sealed record PunctuationPreTokenizer(SplitBehavior Behavior = SplitBehavior.Isolated) : CharacterPreTokenizer
{
    private protected override SplitBehavior Behaves => Behavior;

    protected override bool SplitsAt(int codePoint) => Utf8Text.IsPunctuation(codePoint);
}
