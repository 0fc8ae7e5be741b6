namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>A <see cref="DigitPolicy"/> that the JIT knows as a constant.</summary>
internal interface IDigits
{
    static abstract DigitPolicy Policy { get; }
}

internal readonly struct AnyDigits : IDigits
{
    public static DigitPolicy Policy => DigitPolicy.Unlimited;
}

internal readonly struct SingleDigits : IDigits
{
    public static DigitPolicy Policy => DigitPolicy.One;
}

internal readonly struct PairsOfDigits : IDigits
{
    public static DigitPolicy Policy => DigitPolicy.Two;
}

internal readonly struct TriplesOfDigits : IDigits
{
    public static DigitPolicy Policy => DigitPolicy.Three;
}

internal static class Digits
{
    /// <summary>The quantifier behind <c>\p{N}</c>.</summary>
    internal static string Quantifier(DigitPolicy digits) => digits switch
    {
        DigitPolicy.Unlimited => "+",
        DigitPolicy.One => "",
        _ => $"{{1,{(int)digits}}}",
    };
}
