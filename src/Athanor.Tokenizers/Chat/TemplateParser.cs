namespace Athanor.Tokenizers.Chat;

/// <summary>Reads a template's statements.</summary>
internal sealed class TemplateParser
{
    private static readonly string[] Tags = ["if", "for", "set", "macro", "call", "filter", "with", "break", "continue", "generation", "raw", "print"];
    private static readonly string[] ReservedNames = ["true", "True", "false", "False", "none", "None"];
    private readonly TokenCursor _cursor;
    private readonly ExpressionParser _expressions;
    private readonly Stack<HashSet<string>> _macros = new();
    private int _loops;

    private TemplateParser(List<TemplateToken> tokens)
    {
        _cursor = new TokenCursor(tokens);
        _expressions = new ExpressionParser(_cursor) { NameRead = NoteName };
    }

    public static Block Parse(string source)
    {
        var parser = new TemplateParser(TemplateLexer.Tokenize(source));
        return parser.ParseBody(null, parser._cursor.Current.At);
    }

    private void NoteName(string name)
    {
        if (name is "caller" or "varargs" or "kwargs")
        {
            foreach (HashSet<string> names in _macros)
                names.Add(name);
        }
    }

    /// <summary>Statements up to a tag that ends them, whose name is left as the current token; null for the end of the template.</summary>
    private Block ParseBody(string[]? ends, SourcePosition opened)
    {
        _cursor.Enter();
        var statements = new List<Statement>();
        SourcePosition at = _cursor.Current.At;
        while (true)
        {
            TemplateToken token = _cursor.Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new TextStatement(token.Text, token.At));
                    break;
                case TokenKind.VariableBegin:
                    statements.Add(new PrintStatement(_expressions.ParseTuple(), token.At));
                    _cursor.Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    if (ends is not null && _cursor.Current.Kind == TokenKind.Name && ends.Contains(_cursor.Current.Text))
                    {
                        _cursor.Leave();
                        return new Block(statements, at);
                    }
                    statements.Add(ParseStatement(ends));
                    CloseTag();
                    break;
                default:
                    if (ends is not null)
                        throw new ChatTemplateException($"expected '{{% {ends[^1]} %}}' before the end of the template, for the block opened in line {opened.Line}, column {opened.Column}.", token.At);
                    _cursor.Leave();
                    return new Block(statements, at);
            }
        }
    }

    private void CloseTag() => _cursor.Expect(TokenKind.BlockEnd, "'%}'");

    /// <summary>The body behind the rest of an opening tag.</summary>
    private Block ParseBlock(SourcePosition opened, params string[] ends)
    {
        _cursor.TakeOperator(":");
        CloseTag();
        return ParseBody(ends, opened);
    }

    private Statement ParseStatement(string[]? ends)
    {
        TemplateToken tag = _cursor.Expect(TokenKind.Name, "the name of a tag");
        switch (tag.Text)
        {
            case "if": return ParseIf(tag.At);
            case "for": return ParseFor(tag.At);
            case "set": return ParseSet(tag.At);
            case "macro": return new MacroStatement(ParseMacro(tag.At), tag.At);
            case "call": return ParseCall(tag.At);
            case "with": return ParseWith(tag.At);
            case "print": return ParsePrint(tag.At);
            case "break" or "continue" when _loops > 0: return new JumpStatement(tag.Text == "break" ? Flow.Break : Flow.Continue, tag.At);
            case "break" or "continue": throw new ChatTemplateException($"'{tag.Text}' stands outside of a loop.", tag.At);
            case "filter":
                FilterExpression filter = _expressions.ParseFilterChain();
                Block filtered = ParseBlock(tag.At, "endfilter");
                _cursor.Take();
                return new FilterBlockStatement(filter, filtered, tag.At);
            case "generation":
                Block generated = WithoutLoops(() => ParseBlock(tag.At, "endgeneration"));
                _cursor.Take();
                return new GenerationStatement(generated, tag.At);
            case "extends" or "include" or "import" or "from" or "block" or "do" or "trans" or "autoescape" or "debug":
                throw new ChatTemplateException($"the tag '{tag.Text}' is not allowed in chat templates; known are {string.Join(", ", Tags)}.", tag.At);
            default:
                string expected = ends is null ? "" : $" Expected here: {string.Join(", ", ends)}.";
                throw new ChatTemplateException($"no tag named '{tag.Text}'; known are {string.Join(", ", Tags)}.{expected}", tag.At);
        }
    }

    private Block ParsePrint(SourcePosition at)
    {
        var values = new List<Statement>();
        while (_cursor.Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
                _cursor.ExpectOperator(",");
            values.Add(new PrintStatement(_expressions.Parse(), at));
        }
        return new Block(values, at);
    }

    private T WithoutLoops<T>(Func<T> parse)
    {
        int loops = _loops;
        _loops = 0;
        T parsed = parse();
        _loops = loops;
        return parsed;
    }

    private IfStatement ParseIf(SourcePosition at)
    {
        var branches = new List<(Expression, Block)>();
        while (true)
        {
            Expression test = _expressions.ParseTuple(conditional: false);
            branches.Add((test, ParseBlock(at, "elif", "else", "endif")));
            string end = _cursor.Take().Text;
            if (end == "elif")
                continue;
            Block? otherwise = null;
            if (end == "else")
            {
                otherwise = ParseBlock(at, "endif");
                _cursor.Take();
            }
            return new IfStatement(branches, otherwise, at);
        }
    }

    private ForStatement ParseFor(SourcePosition at)
    {
        AssignmentTarget target = ParseTarget(withNamespace: false);
        CheckNotLoop(target, at);
        _cursor.ExpectName("in");
        Expression source = _expressions.ParseTuple(conditional: false);
        Expression? filter = _cursor.TakeName("if") ? _expressions.Parse() : null;
        if (_cursor.Current.IsName("recursive"))
            throw new ChatTemplateException("recursive loops are not supported; write a macro that calls itself.", _cursor.Current.At);
        int depth = _loops++;
        Block body = ParseBlock(at, "else", "endfor");
        _loops--;
        Block? otherwise = null;
        if (_cursor.Take().Text == "else")
        {
            otherwise = ParseBlock(at, "endfor");
            _cursor.Take();
        }
        return new ForStatement(target, source, filter, body, otherwise, depth, at);
    }

    private static void CheckNotLoop(AssignmentTarget target, SourcePosition at)
    {
        if (target.Parts is null ? target.Name == "loop" : target.Parts.Any(part => part.Name == "loop"))
            throw new ChatTemplateException("the name 'loop' belongs to the loop itself and cannot be its variable.", at);
    }

    private Statement ParseSet(SourcePosition at)
    {
        AssignmentTarget target = ParseTarget(withNamespace: true);
        if (_cursor.TakeOperator("="))
            return new SetStatement(target, _expressions.ParseTuple(), at);
        FilterExpression? filter = _cursor.TakeOperator("|") ? _expressions.ParseFilterChain() : null;
        Block body = ParseBlock(at, "endset");
        _cursor.Take();
        return new SetBlockStatement(target, filter, body, at);
    }

    private WithStatement ParseWith(SourcePosition at)
    {
        var names = new List<(AssignmentTarget, Expression)>();
        while (_cursor.Current.Kind != TokenKind.BlockEnd)
        {
            if (names.Count > 0)
                _cursor.ExpectOperator(",");
            AssignmentTarget target = ParseTarget(withNamespace: false, tuple: false);
            _cursor.ExpectOperator("=");
            names.Add((target, _expressions.Parse()));
        }
        Block body = ParseBlock(at, "endwith");
        _cursor.Take();
        return new WithStatement(names, body, at);
    }

    private MacroDefinition ParseMacro(SourcePosition at)
    {
        string name = ParseName();
        return ParseDefinition(name, "endmacro", at);
    }

    private CallStatement ParseCall(SourcePosition at)
    {
        _macros.Push([]);
        List<(string, Expression?)> parameters = _cursor.Current.IsOperator("(") ? ParseParameters() : [];
        SourcePosition place = _cursor.Current.At;
        HashSet<string> used = _macros.Pop();
        if (_expressions.Parse() is not CallExpression call)
            throw new ChatTemplateException("expected the call of a macro in this call block.", place);
        _macros.Push(used);
        MacroDefinition body = ParseMacroBody("caller", parameters, "endcall", at);
        return new CallStatement(call, body, at);
    }

    private MacroDefinition ParseDefinition(string name, string end, SourcePosition at)
    {
        _macros.Push([]);
        return ParseMacroBody(name, ParseParameters(), end, at);
    }

    private MacroDefinition ParseMacroBody(string name, List<(string, Expression?)> parameters, string end, SourcePosition at)
    {
        Block body = WithoutLoops(() => ParseBlock(at, end));
        _cursor.Take();
        HashSet<string> used = _macros.Pop();
        bool Uses(string special) => used.Contains(special) && !parameters.Exists(parameter => parameter.Item1 == special);
        return new MacroDefinition(name, parameters, body, Uses("varargs"), Uses("kwargs"), Uses("caller"));
    }

    private List<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string Name, Expression? Default)>();
        _cursor.ExpectOperator("(");
        while (!_cursor.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
                _cursor.ExpectOperator(",");
            SourcePosition at = _cursor.Current.At;
            string name = ParseName();
            Expression? fallback = _cursor.TakeOperator("=") ? _expressions.Parse() : null;
            if (fallback is null && parameters.Count > 0 && parameters[^1].Default is not null)
                throw new ChatTemplateException($"parameter '{name}' without a default follows one with a default.", at);
            if (parameters.Exists(parameter => parameter.Name == name))
                throw new ChatTemplateException($"there are two parameters '{name}'.", at);
            parameters.Add((name, fallback));
        }
        _cursor.ExpectOperator(")");
        return parameters;
    }

    private string ParseName()
    {
        TemplateToken name = _cursor.Expect(TokenKind.Name, "a name");
        return ReservedNames.Contains(name.Text) ? throw new ChatTemplateException($"cannot assign to '{name.Text}'.", name.At) : name.Text;
    }

    private AssignmentTarget ParseTarget(bool withNamespace, bool tuple = true)
    {
        AssignmentTarget first = ParseTargetPart(withNamespace);
        if (!tuple || !_cursor.Current.IsOperator(","))
            return first;
        var parts = new List<AssignmentTarget> { first };
        while (_cursor.TakeOperator(",") && (_cursor.Current.Kind == TokenKind.Name && !_cursor.Current.IsName("in") || _cursor.Current.IsOperator("(")))
            parts.Add(ParseTargetPart(withNamespace));
        return new AssignmentTarget("", null, parts);
    }

    private AssignmentTarget ParseTargetPart(bool withNamespace)
    {
        if (_cursor.TakeOperator("("))
        {
            _cursor.Enter();
            AssignmentTarget inner = ParseTarget(withNamespace);
            _cursor.Leave();
            _cursor.ExpectOperator(")");
            return inner;
        }
        string name = ParseName();
        string? attribute = withNamespace && _cursor.TakeOperator(".") ? _cursor.Expect(TokenKind.Name, "the name of an attribute").Text : null;
        return new AssignmentTarget(name, attribute, null);
    }
}
