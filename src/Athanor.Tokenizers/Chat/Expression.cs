namespace Athanor.Tokenizers.Chat;

/// <summary>A part of a template that has a value.</summary>
internal abstract class Expression(SourcePosition at)
{
    public SourcePosition At { get; } = at;

    public object? Evaluate(RenderState state)
    {
        state.Step(At);
        return Value(state);
    }

    protected abstract object? Value(RenderState state);
}

internal sealed class ConstantExpression(object? value, SourcePosition at) : Expression(at)
{
    public object? Constant { get; } = value;

    protected override object? Value(RenderState state) => Constant;
}

internal sealed class NameExpression(string name, SourcePosition at) : Expression(at)
{
    public string Name { get; } = name;

    protected override object? Value(RenderState state) => state.Scope.Get(Name);
}

internal sealed class SequenceExpression(IReadOnlyList<Expression> items, bool tuple, SourcePosition at) : Expression(at)
{
    public IReadOnlyList<Expression> Items { get; } = items;

    public bool IsTuple { get; } = tuple;

    protected override object? Value(RenderState state)
    {
        object?[] values = new object?[Items.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = Items[i].Evaluate(state);
        return IsTuple ? new TupleValue(values) : new ListValue(values);
    }
}

internal sealed class DictExpression(IReadOnlyList<(Expression Key, Expression Value)> pairs, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        var dict = new DictValue();
        foreach ((Expression key, Expression value) in pairs)
            dict.Set(key.Evaluate(state), value.Evaluate(state));
        return dict;
    }
}

/// <summary>a if test else b; without the else what is not chosen is undefined.</summary>
internal sealed class ConditionalExpression(Expression test, Expression then, Expression? otherwise, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state) =>
        PythonType.IsTrue(test.Evaluate(state)) ? then.Evaluate(state)
        : otherwise is not null ? otherwise.Evaluate(state)
        : new UndefinedValue($"the inline if of line {At.Line} was false and has no else.");
}

internal sealed class NotExpression(Expression operand, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state) => !PythonType.IsTrue(operand.Evaluate(state));
}

/// <summary>A chain of <c>and</c> or of <c>or</c>: the value of the operand that decides.</summary>
internal sealed class LogicExpression(bool isAnd, IReadOnlyList<Expression> operands, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? value = null;
        foreach (Expression operand in operands)
        {
            value = operand.Evaluate(state);
            if (PythonType.IsTrue(value) != isAnd)
                break;
        }
        return value;
    }
}

/// <summary>A chain of comparisons: each holds between neighbours, and the first that fails ends it.</summary>
internal sealed class CompareExpression(Expression first, IReadOnlyList<(string Operator, Expression Operand)> rest, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? left = first.Evaluate(state);
        foreach ((string op, Expression operand) in rest)
        {
            object? right = operand.Evaluate(state);
            state.At = operand.At;
            if (!PythonCompare.Compare(op, left, right, state))
                return false;
            left = right;
        }
        return true;
    }
}

/// <summary>A chain of operators of one strength, from left to right.</summary>
internal sealed class ArithmeticExpression(Expression first, IReadOnlyList<(string Operator, Expression Operand)> rest, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? left = first.Evaluate(state);
        foreach ((string op, Expression operand) in rest)
        {
            object? right = operand.Evaluate(state);
            state.At = operand.At;
            left = Operators.Apply(op, left, right, state);
        }
        return left;
    }
}

internal sealed class SignExpression(bool negative, Expression operand, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? value = operand.Evaluate(state);
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (!PythonType.IsNumber(value))
            throw new ChatTemplateException($"bad operand type for unary {(negative ? '-' : '+')}: '{PythonType.Name(value)}'.");
        return negative ? PythonNumber.Negate(value!) : value is bool truth ? truth ? 1L : 0L : value;
    }
}
