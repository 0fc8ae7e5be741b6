namespace Athanor.Tokenizers;

/// <summary>A token that is cut out of the text before the model sees it, with the five flags of <c>tokenizer.json</c>.</summary>
/// <param name="Id">The id.</param>
/// <param name="Content">The text.</param>
/// <param name="SingleWord">Matches only where no word character touches it.</param>
/// <param name="LStrip">Takes the white space before it along.</param>
/// <param name="RStrip">Takes the white space behind it along.</param>
/// <param name="Normalized">Matches in the normalized text instead of the raw text.</param>
/// <param name="Special">A control token: in user text it stays text unless <see cref="EncodeOptions.ParseSpecial"/> asks for it, and decoding can skip it.</param>
public sealed record AddedToken(
    int Id, string Content, bool SingleWord = false, bool LStrip = false, bool RStrip = false, bool Normalized = false, bool Special = true);
