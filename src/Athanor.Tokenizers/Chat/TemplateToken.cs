namespace Athanor.Tokenizers.Chat;

internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    String,
    Number,
    Operator,
    End,
}

/// <summary>One token: its text (of a string literal the unescaped text), and of a number its value.</summary>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, SourcePosition At, object? Value = null)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsOperator(string text) => Kind == TokenKind.Operator && Text == text;

    public string Describe() => Kind switch
    {
        TokenKind.Data => "text",
        TokenKind.BlockBegin => "'{%'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.VariableBegin => "'{{'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.String => "a string",
        TokenKind.Number => $"the number {Text}",
        TokenKind.End => "the end of the template",
        _ => $"'{Text}'",
    };
}
