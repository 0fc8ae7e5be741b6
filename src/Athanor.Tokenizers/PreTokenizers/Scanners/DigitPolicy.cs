namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>How many digits a piece may hold.</summary>
public enum DigitPolicy
{
    /// <summary>Any number: <c>\p{N}+</c>.</summary>
    Unlimited = 0,

    /// <summary>Each digit alone: <c>\p{N}</c>, as Qwen 2.</summary>
    One = 1,

    /// <summary>Groups of up to two: <c>\p{N}{1,2}</c>, as nanochat.</summary>
    Two = 2,

    /// <summary>Groups of up to three: <c>\p{N}{1,3}</c>, as cl100k and Llama 3.</summary>
    Three = 3,
}
