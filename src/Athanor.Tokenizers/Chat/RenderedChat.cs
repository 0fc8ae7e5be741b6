namespace Athanor.Tokenizers.Chat;

/// <summary>A rendered conversation and the parts of it that the assistant wrote.</summary>
/// <param name="Text">The rendered text.</param>
/// <param name="Generation">The text inside the template's <c>{% generation %}</c> blocks, in order, as offsets and lengths in UTF-16 units of <paramref name="Text"/>.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<(int Start, int Length)> Generation);
