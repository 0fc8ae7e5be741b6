namespace Athanor.Tokenizers.Unicode;

/// <summary>
/// What a pre-tokenizer regex can ask of a character. A mark is neither letter, number nor space, yet it belongs to both cases as in o200k's sets;
/// a character with no bit is punctuation, symbol, control or unassigned.
/// </summary>
[Flags]
internal enum CharacterClass : byte
{
    None = 0,

    /// <summary><c>\p{L}</c>.</summary>
    Letter = 1,

    /// <summary><c>\p{N}</c>.</summary>
    Number = 2,

    /// <summary><c>\s</c> as Rust and Oniguruma have it: the property White_Space.</summary>
    Space = 4,

    /// <summary><c>[\r\n]</c>; also a space.</summary>
    NewLine = 8,

    /// <summary><c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c>.</summary>
    Upper = 16,

    /// <summary><c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c>.</summary>
    Lower = 32,

    /// <summary>In the table by first byte only: the byte is not ASCII and must be decoded.</summary>
    MultiByte = 128,
}
