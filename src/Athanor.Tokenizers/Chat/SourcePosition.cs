namespace Athanor.Tokenizers.Chat;

/// <summary>A place in a template's source: line and column, both counted from one (columns in UTF-16 units).</summary>
internal readonly record struct SourcePosition(int Line, int Column);
