using System.Globalization;
using System.Numerics;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>
/// Python's <c>json.dumps</c>, which is what chat templates get as <c>tojson</c>: no HTML escapes, non-ASCII characters as they are,
/// <c>", "</c> and <c>": "</c> between parts unless indented.
/// </summary>
internal sealed class JsonText(RenderState state, bool ensureAscii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    private readonly StringBuilder _text = new();

    public string Write(object? value)
    {
        Write(value, 0);
        return _text.ToString();
    }

    private void Write(object? value, int depth)
    {
        state.Charge(1);
        if (depth > state.Limits.MaxDepth)
            throw new ChatTemplateLimitException($"the value written as JSON is nested more than {state.Limits.MaxDepth} deep.");
        switch (value)
        {
            case string text: WriteString(text); break;
            case SequenceValue sequence: WriteList(sequence.Items, depth); break;
            case DictValue dict: WriteDict(dict, depth); break;
            default: _text.Append(Scalar(value) ?? throw new ChatTemplateException($"Object of type {PythonType.Name(value)} is not JSON serializable.")); break;
        }
        state.CheckText(_text.Length);
    }

    private static string? Scalar(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonNumber.Repr(number),
        _ => null,
    };

    private void WriteList(IReadOnlyList<object?> items, int depth)
    {
        if (items.Count == 0)
        {
            _text.Append("[]");
            return;
        }
        _text.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            Separate(i > 0, depth + 1);
            Write(items[i], depth + 1);
        }
        NewLine(depth);
        _text.Append(']');
    }

    private void WriteDict(DictValue dict, int depth)
    {
        if (dict.Count == 0)
        {
            _text.Append("{}");
            return;
        }
        IReadOnlyList<KeyValuePair<object?, object?>> pairs = dict.Pairs;
        if (sortKeys)
            pairs = StableSort.Sort(pairs, (a, b) => PythonCompare.Order(a.Key, b.Key, "<", state) ?? 0);
        _text.Append('{');
        for (int i = 0; i < pairs.Count; i++)
        {
            Separate(i > 0, depth + 1);
            object? key = pairs[i].Key;
            WriteString(key as string ?? Scalar(key)
                ?? throw new ChatTemplateException($"keys must be str, int, float, bool or None, not {PythonType.Name(key)}."));
            _text.Append(keySeparator);
            Write(pairs[i].Value, depth + 1);
        }
        NewLine(depth);
        _text.Append('}');
    }

    private void Separate(bool following, int depth)
    {
        if (following)
            _text.Append(itemSeparator);
        NewLine(depth);
    }

    private void NewLine(int depth)
    {
        if (indent is null)
            return;
        state.CheckText(_text.Length + (long)depth * indent.Length);
        state.ChargeText((long)depth * indent.Length);
        _text.Append('\n');
        for (int i = 0; i < depth; i++)
            _text.Append(indent);
    }

    private void WriteString(string value)
    {
        state.ChargeText(value.Length);
        _text.Append('"');
        foreach (char c in value)
        {
            switch (c)
            {
                case '"': _text.Append("\\\""); break;
                case '\\': _text.Append("\\\\"); break;
                case '\n': _text.Append("\\n"); break;
                case '\r': _text.Append("\\r"); break;
                case '\t': _text.Append("\\t"); break;
                case '\f': _text.Append("\\f"); break;
                case '\b': _text.Append("\\b"); break;
                default:
                    if (c < ' ' || (ensureAscii && c > '~'))
                        _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    else
                        _text.Append(c);
                    break;
            }
        }
        _text.Append('"');
        state.CheckText(_text.Length);
    }
}
