using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>Python's equality, order and membership.</summary>
internal static class PythonCompare
{
    /// <summary>Values nested more deeply are refused rather than followed.</summary>
    public const int MaxDepth = 200;

    public static bool AreEqual(object? left, object? right) => AreEqual(left, right, 0, null);

    public static bool AreEqual(object? left, object? right, RenderState state) => AreEqual(left, right, 0, state);

    private static bool AreEqual(object? left, object? right, int depth, RenderState? state)
    {
        state?.Charge(1);
        if (ReferenceEquals(left, right))
            return true;
        if (depth > MaxDepth)
            throw new ChatTemplateLimitException("the values compared are nested too deeply.");
        switch (left, right)
        {
            case (null, _) or (_, null): return false;
            case (string a, string b):
                state?.ChargeText(Math.Min(a.Length, b.Length));
                return string.Equals(a, b, StringComparison.Ordinal);
            case (UndefinedValue, UndefinedValue): return true;
            case (ListValue a, ListValue b): return AreEqual(a.Items, b.Items, depth, state);
            case (TupleValue a, TupleValue b): return AreEqual(a.Items, b.Items, depth, state);
            case (RangeValue a, RangeValue b): return AreEqual(a, (IReadOnlyList<object?>)b, depth, state);
            case (DictValue a, DictValue b):
                if (a.Count != b.Count)
                    return false;
                foreach (KeyValuePair<object?, object?> pair in a.Pairs)
                {
                    if (!b.TryGet(pair.Key, out object? other) || !AreEqual(pair.Value, other, depth + 1, state))
                        return false;
                }
                return true;
            default: return PythonType.IsNumber(left) && PythonType.IsNumber(right) && CompareNumbers(left, right) == 0;
        }
    }

    private static bool AreEqual(IReadOnlyList<object?> a, IReadOnlyList<object?> b, int depth, RenderState? state)
    {
        if (a.Count != b.Count)
            return false;
        for (int i = 0; i < a.Count; i++)
        {
            if (!AreEqual(a[i], b[i], depth + 1, state))
                return false;
        }
        return true;
    }

    /// <summary>Negative, zero or positive; null when a NaN is not ordered at all.</summary>
    public static int? Order(object? left, object? right, string op, RenderState state, int depth = 0)
    {
        state.Charge(1);
        if (left is UndefinedValue undefinedLeft)
            throw undefinedLeft.Error();
        if (right is UndefinedValue undefinedRight)
            throw undefinedRight.Error();
        if (depth > MaxDepth)
            throw new ChatTemplateLimitException("the values compared are nested too deeply.");
        if (PythonType.IsNumber(left) && PythonType.IsNumber(right))
            return CompareNumbers(left!, right!);
        if (left is string a && right is string b)
        {
            state.ChargeText(Math.Min(a.Length, b.Length));
            return PythonText.Compare(a, b);
        }
        if (left is SequenceValue x && right is SequenceValue y && x is ListValue == y is ListValue)
        {
            for (int i = 0; i < Math.Min(x.Items.Count, y.Items.Count); i++)
            {
                if (!AreEqual(x.Items[i], y.Items[i], depth + 1, state))
                    return Order(x.Items[i], y.Items[i], op, state, depth + 1);
            }
            return x.Items.Count.CompareTo(y.Items.Count);
        }
        throw new ChatTemplateException($"'{op}' not supported between instances of '{PythonType.Name(left)}' and '{PythonType.Name(right)}'.");
    }

    public static bool Compare(string op, object? left, object? right, RenderState state) => op switch
    {
        "==" => AreEqual(left, right, state),
        "!=" => !AreEqual(left, right, state),
        "in" => Contains(left, right, state),
        "not in" => !Contains(left, right, state),
        "<" => Order(left, right, op, state) < 0,
        "<=" => Order(left, right, op, state) <= 0,
        ">" => Order(left, right, op, state) > 0,
        _ => Order(left, right, op, state) >= 0,
    };

    private static int? CompareNumbers(object left, object right)
    {
        if (left is not double && right is not double)
            return left is long a && right is long b ? a.CompareTo(b) : PythonNumber.ToBig(left).CompareTo(PythonNumber.ToBig(right));
        if (left is double x && right is double y)
            return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
        if (left is double real)
            return -CompareNumbers(right, real);
        double other = (double)right;
        if (!double.IsFinite(other))
            return double.IsNaN(other) ? null : other > 0 ? -1 : 1;
        // A large whole number is compared exactly: as a float it could round onto its neighbour.
        BigInteger whole = PythonNumber.ToBig(left);
        int order = whole.CompareTo(new BigInteger(Math.Floor(other)));
        return order != 0 ? order : other > Math.Floor(other) ? -1 : 0;
    }

    private static bool Contains(object? item, object? container, RenderState state)
    {
        switch (container)
        {
            case string text:
                if (item is UndefinedValue undefined)
                    throw undefined.Error();
                if (item is not string part)
                    throw new ChatTemplateException($"'in <string>' requires string as left operand, not {PythonType.Name(item)}.");
                state.ChargeText(text.Length);
                return text.Contains(part, StringComparison.Ordinal);
            case DictValue dict: return dict.TryGet(item, out _);
            case DictView { Kind: "keys" } view: return view.Dict.TryGet(item, out _);
            case NamespaceValue or CyclerValue or CallableValue or null or bool or long or double or BigInteger:
                throw new ChatTemplateException($"argument of type '{PythonType.Name(container)}' is not iterable.");
            default:
                foreach (object? candidate in PythonType.Iterate(container, state))
                {
                    if (AreEqual(item, candidate, state))
                        return true;
                }
                return false;
        }
    }
}
