using System.Text;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Splits at one character and drops it.</summary>
/// <param name="Delimiter">The character.</param>
public sealed record CharDelimiterPreTokenizer(Rune Delimiter) : CharacterPreTokenizer
{
    private protected override SplitBehavior Behaves => SplitBehavior.Removed;

    protected override bool SplitsAt(int codePoint) => codePoint == Delimiter.Value;
}
