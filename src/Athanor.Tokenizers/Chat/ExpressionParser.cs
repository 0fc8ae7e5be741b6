namespace Athanor.Tokenizers.Chat;

/// <summary>Reads expressions with Jinja's precedence: if-else, or, and, not, comparisons, + -, ~, * / // %, **, signs, then attributes, calls, filters and tests.</summary>
internal sealed class ExpressionParser(TokenCursor cursor)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>Called for every name read, so that macros learn which special names they use.</summary>
    public Action<string>? NameRead { get; set; }

    /// <summary>An expression or several with commas between, which make a tuple.</summary>
    public Expression ParseTuple(bool conditional = true, bool parenthesized = false)
    {
        SourcePosition at = cursor.Current.At;
        var items = new List<Expression>();
        bool tuple = false;
        while (!IsTupleEnd())
        {
            items.Add(conditional ? Parse() : ParseOr());
            if (!cursor.TakeOperator(","))
                break;
            tuple = true;
        }
        if (items.Count == 1 && !tuple)
            return items[0];
        return items.Count > 0 || parenthesized ? new SequenceExpression(items, true, at) : throw cursor.Unexpected("an expression");
    }

    private bool IsTupleEnd() => cursor.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End || cursor.Current.IsOperator(")");

    public Expression Parse()
    {
        cursor.Enter();
        SourcePosition at = cursor.Current.At;
        Expression value = ParseOr();
        int links = 0;
        while (cursor.TakeName("if"))
        {
            cursor.Link(ref links);
            Expression test = ParseOr();
            Expression? otherwise = cursor.TakeName("else") ? Parse() : null;
            value = new ConditionalExpression(test, value, otherwise, at);
        }
        cursor.Leave();
        return value;
    }

    public Expression ParseOr() => ParseLogic("or", () => ParseLogic("and", ParseNot));

    private Expression ParseLogic(string word, Func<Expression> parseOperand)
    {
        SourcePosition at = cursor.Current.At;
        Expression first = parseOperand();
        if (!cursor.Current.IsName(word))
            return first;
        var operands = new List<Expression> { first };
        while (cursor.TakeName(word))
            operands.Add(parseOperand());
        return new LogicExpression(word == "and", operands, at);
    }

    private Expression ParseNot()
    {
        SourcePosition at = cursor.Current.At;
        if (!cursor.TakeName("not"))
            return ParseComparison();
        cursor.Enter();
        var not = new NotExpression(ParseNot(), at);
        cursor.Leave();
        return not;
    }

    private Expression ParseComparison()
    {
        SourcePosition at = cursor.Current.At;
        Expression first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            string? op = null;
            if (cursor.Current.Kind == TokenKind.Operator && Comparisons.Contains(cursor.Current.Text))
                op = cursor.Take().Text;
            else if (cursor.TakeName("in"))
                op = "in";
            else if (cursor.Current.IsName("not") && cursor.Following.IsName("in"))
                (op, _, _) = ("not in", cursor.Take(), cursor.Take());
            if (op is null)
                return rest.Count == 0 ? first : new CompareExpression(first, rest, at);
            rest.Add((op, ParseSum()));
        }
    }

    private Expression ParseSum() => ParseChain(["+", "-"], () => ParseChain(["~"], ParseProduct));

    private Expression ParseProduct() => ParseChain(["*", "/", "//", "%"], () => ParseChain(["**"], () => ParseUnary(withFilters: true)));

    private Expression ParseChain(string[] operators, Func<Expression> parseOperand)
    {
        SourcePosition at = cursor.Current.At;
        Expression first = parseOperand();
        List<(string, Expression)>? rest = null;
        while (cursor.Current.Kind == TokenKind.Operator && operators.Contains(cursor.Current.Text))
            (rest ??= []).Add((cursor.Take().Text, parseOperand()));
        return rest is null ? first : new ArithmeticExpression(first, rest, at);
    }

    private Expression ParseUnary(bool withFilters)
    {
        TemplateToken token = cursor.Current;
        Expression value;
        if (cursor.TakeOperator("-") || cursor.TakeOperator("+"))
        {
            cursor.Enter();
            value = new SignExpression(token.Text == "-", ParseUnary(withFilters: false), token.At);
            cursor.Leave();
        }
        else
        {
            value = ParsePrimary();
        }
        int links = 0;
        value = ParsePostfix(value, ref links);
        return withFilters ? ParseFilters(value, ref links) : value;
    }

    private Expression ParsePrimary()
    {
        TemplateToken token = cursor.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                cursor.Take();
                switch (token.Text)
                {
                    case "true" or "True": return new ConstantExpression(true, token.At);
                    case "false" or "False": return new ConstantExpression(false, token.At);
                    case "none" or "None": return new ConstantExpression(null, token.At);
                    default:
                        NameRead?.Invoke(token.Text);
                        return new NameExpression(token.Text, token.At);
                }
            case TokenKind.String:
                var parts = new List<string>();
                while (cursor.Current.Kind == TokenKind.String)
                    parts.Add(cursor.Take().Text);
                return new ConstantExpression(string.Concat(parts), token.At);
            case TokenKind.Number: return new ConstantExpression(cursor.Take().Value, token.At);
            case TokenKind.Operator when token.Text == "(":
                cursor.Take();
                cursor.Enter();
                Expression inner = ParseTuple(parenthesized: true);
                cursor.Leave();
                cursor.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[": return new SequenceExpression(ParseItems("[", "]", Parse), false, token.At);
            case TokenKind.Operator when token.Text == "{": return new DictExpression(ParseItems("{", "}", ParsePair), token.At);
            default: throw cursor.Unexpected("an expression");
        }
    }

    private (Expression Key, Expression Value) ParsePair()
    {
        Expression key = Parse();
        cursor.ExpectOperator(":");
        return (key, Parse());
    }

    private List<T> ParseItems<T>(string open, string close, Func<T> parseItem)
    {
        cursor.ExpectOperator(open);
        var items = new List<T>();
        while (!cursor.Current.IsOperator(close))
        {
            if (items.Count > 0)
            {
                if (!cursor.TakeOperator(","))
                    throw cursor.Unexpected($"',' or '{close}'");
                if (cursor.Current.IsOperator(close))
                    break;
            }
            items.Add(parseItem());
        }
        cursor.ExpectOperator(close);
        return items;
    }

    private Expression ParsePostfix(Expression value, ref int links)
    {
        while (true)
        {
            SourcePosition at = cursor.Current.At;
            if (cursor.TakeOperator("."))
            {
                TemplateToken name = cursor.Take();
                value = name.Kind == TokenKind.Name ? new AttributeExpression(value, name.Text, at)
                    : name is { Kind: TokenKind.Number, Value: long } ? new ItemExpression(value, new ConstantExpression(name.Value, name.At), at)
                    : throw new ChatTemplateException($"expected a name or a number behind '.', found {name.Describe()}.", name.At);
            }
            else if (cursor.TakeOperator("["))
            {
                value = ParseSubscript(value, at);
            }
            else if (cursor.Current.IsOperator("("))
            {
                value = new CallExpression(value, ParseArguments(), at);
            }
            else
            {
                return value;
            }
            cursor.Link(ref links);
        }
    }

    private Expression ParseSubscript(Expression value, SourcePosition at)
    {
        Expression? start = cursor.Current.IsOperator(":") ? null : Parse();
        if (!cursor.Current.IsOperator(":"))
        {
            if (cursor.Current.IsOperator(","))
            {
                var keys = new List<Expression> { start! };
                while (cursor.TakeOperator(","))
                    keys.Add(Parse());
                start = new SequenceExpression(keys, true, at);
            }
            cursor.ExpectOperator("]");
            return new ItemExpression(value, start!, at);
        }
        Expression? stop = null, step = null;
        cursor.ExpectOperator(":");
        if (!cursor.Current.IsOperator(":") && !cursor.Current.IsOperator("]"))
            stop = Parse();
        if (cursor.TakeOperator(":") && !cursor.Current.IsOperator("]"))
            step = Parse();
        cursor.ExpectOperator("]");
        return new SliceExpression(value, start, stop, step, at);
    }

    private ArgumentList ParseArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? spread = null, spreadNamed = null;
        cursor.ExpectOperator("(");
        bool first = true;
        while (!cursor.Current.IsOperator(")"))
        {
            if (!first)
            {
                if (!cursor.TakeOperator(","))
                    throw cursor.Unexpected("',' or ')'");
                if (cursor.Current.IsOperator(")"))
                    break;
            }
            first = false;
            if (spreadNamed is not null)
                throw cursor.Unexpected("')' behind the ** argument");
            if (cursor.Current.IsOperator("*") && spread is null)
                (_, spread) = (cursor.Take(), Parse());
            else if (cursor.TakeOperator("**"))
                spreadNamed = Parse();
            else if (cursor.Current.Kind == TokenKind.Name && cursor.Following.IsOperator("="))
                named.Add((cursor.Take().Text, ParseNamed()));
            else if (named.Count > 0 || spread is not null)
                throw cursor.Unexpected("an argument by name: arguments by position come first");
            else
                positional.Add(Parse());
        }
        cursor.ExpectOperator(")");
        return new ArgumentList(positional, named, spread, spreadNamed);
    }

    private Expression ParseNamed()
    {
        cursor.ExpectOperator("=");
        return Parse();
    }

    private Expression ParseFilters(Expression value, ref int links)
    {
        while (true)
        {
            SourcePosition at = cursor.Current.At;
            if (cursor.TakeOperator("|"))
                value = ParseFilter(value);
            else if (cursor.TakeName("is"))
                value = ParseTest(value, at);
            else if (cursor.Current.IsOperator("("))
                value = new CallExpression(value, ParseArguments(), at);
            else
                return value;
            cursor.Link(ref links);
        }
    }

    /// <summary>A filter behind its bar; without a value, the first of a block's filters.</summary>
    public FilterExpression ParseFilter(Expression? value)
    {
        TemplateToken name = cursor.Expect(TokenKind.Name, "the name of a filter");
        if (!FilterTable.TryGet(name.Text, out Filter? filter))
            throw new ChatTemplateException(FilterTable.Unknown("filter", name.Text, FilterTable.Names), name.At);
        ArgumentList arguments = cursor.Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty;
        CheckNamesWithin(name.Text, arguments);
        return new FilterExpression(value, name.Text, filter!, arguments, name.At);
    }

    /// <summary>The filters and tests that map, select and their kin are given by name are known here already when they are written out.</summary>
    private static void CheckNamesWithin(string filter, ArgumentList arguments)
    {
        int at = filter is "selectattr" or "rejectattr" ? 1 : 0;
        if (filter is not ("map" or "select" or "reject" or "selectattr" or "rejectattr")
            || arguments.Positional.Count <= at || arguments.Positional[at] is not ConstantExpression { Constant: string name } constant)
            return;
        if (filter == "map" ? !FilterTable.TryGet(name, out _) : !TestTable.TryGet(name, out _))
            throw new ChatTemplateException(filter == "map" ? FilterTable.Unknown("filter", name, FilterTable.Names) : FilterTable.Unknown("test", name, TestTable.Names), constant.At);
    }

    /// <summary>All filters of a block, from the first (its bar or keyword is read).</summary>
    public FilterExpression ParseFilterChain()
    {
        FilterExpression filter = ParseFilter(null);
        int links = 0;
        while (cursor.TakeOperator("|"))
        {
            cursor.Link(ref links);
            filter = ParseFilter(filter);
        }
        return filter;
    }

    private Expression ParseTest(Expression value, SourcePosition at)
    {
        bool negated = cursor.TakeName("not");
        TemplateToken name = cursor.Expect(TokenKind.Name, "the name of a test");
        if (!TestTable.TryGet(name.Text, out Test? test))
            throw new ChatTemplateException(FilterTable.Unknown("test", name.Text, TestTable.Names), name.At);
        ArgumentList arguments = ArgumentList.Empty;
        TemplateToken next = cursor.Current;
        if (next.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (next.Kind is TokenKind.String or TokenKind.Number || next.IsOperator("[") || next.IsOperator("{")
            || (next.Kind == TokenKind.Name && next.Text is not ("else" or "or" or "and")))
        {
            if (next.IsName("is"))
                throw new ChatTemplateException("tests cannot be chained with 'is'; write 'and' between them.", next.At);
            int links = 0;
            arguments = new ArgumentList([ParsePostfix(ParsePrimary(), ref links)], [], null, null);
        }
        var expression = new TestExpression(value, name.Text, test!, arguments, at);
        return negated ? new NotExpression(expression, at) : expression;
    }
}
