using System.Runtime.InteropServices;
using Athanor.Tokenizers.Bpe;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>The scanner of one set of rules.</summary>
internal sealed class RuleScanner<TRules>(string name) : PieceScanner
    where TRules : struct, IPieceRules
{
    public override string Name { get; } = name;

    public override string Pattern => TRules.Pattern;

    public override int NextEnd(ReadOnlySpan<byte> text, int start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)start, (uint)text.Length, nameof(start));
        return TRules.NextEnd(ref MemoryMarshal.GetReference(text), start, text.Length);
    }

    internal override ByteLevelEncoder CreateEncoder(ByteLevelBpe model) => new ByteLevelEncoder<TRules>(model);
}
