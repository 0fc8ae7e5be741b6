namespace Athanor.Tokenizers.Normalizers;

/// <summary>The cleaning of machine translation models: drops ASCII controls and turns white space and some invisible characters to spaces.</summary>
public sealed record NmtNormalizer : CharacterNormalizer
{
    protected override int Map(int codePoint) => codePoint switch
    {
        (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => Dropped,
        9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => codePoint,
    };
}
