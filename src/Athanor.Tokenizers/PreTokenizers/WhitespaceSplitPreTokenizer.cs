namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Splits at white space and drops it.</summary>
public sealed record WhitespaceSplitPreTokenizer : CharacterPreTokenizer
{
    private protected override SplitBehavior Behaves => SplitBehavior.Removed;

    protected override bool SplitsAt(int codePoint) => Utf8Text.IsWhiteSpace(codePoint);
}
