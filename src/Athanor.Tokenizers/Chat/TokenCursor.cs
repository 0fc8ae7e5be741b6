using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers.Chat;

/// <summary>The parser's place among the tokens, and how deeply it is nested.</summary>
internal sealed class TokenCursor(List<TemplateToken> tokens)
{
    private const int MaxNesting = 200;
    private int _next;
    private int _nesting;

    public TemplateToken Current => tokens[_next];

    public TemplateToken Following => tokens[Math.Min(_next + 1, tokens.Count - 1)];

    public TemplateToken Take()
    {
        TemplateToken token = tokens[_next];
        if (token.Kind != TokenKind.End)
            _next++;
        return token;
    }

    public bool TakeName(string name)
    {
        bool found = Current.IsName(name);
        if (found)
            Take();
        return found;
    }

    public bool TakeOperator(string text)
    {
        bool found = Current.IsOperator(text);
        if (found)
            Take();
        return found;
    }

    public TemplateToken Expect(TokenKind kind, string what) => Current.Kind == kind ? Take() : throw Unexpected(what);

    public void ExpectOperator(string text)
    {
        if (!TakeOperator(text))
            throw Unexpected($"'{text}'");
    }

    public void ExpectName(string name)
    {
        if (!TakeName(name))
            throw Unexpected($"'{name}'");
    }

    public ChatTemplateException Unexpected(string what) => new($"expected {what}, found {Current.Describe()}.", Current.At);

    /// <summary>One level deeper, refused when too deep for a template that people write.</summary>
    public void Enter()
    {
        if (++_nesting > MaxNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateLimitException($"the template is nested more than {MaxNesting} deep.", Current.At);
    }

    public void Leave() => _nesting--;

    /// <summary>A link more in a chain such as a.b.c, each of which encloses the one before.</summary>
    public void Link(ref int links)
    {
        if (++links > MaxNesting)
            throw new ChatTemplateLimitException($"more than {MaxNesting} links in one chain of attributes, calls or filters.", Current.At);
    }
}
