using System.Globalization;
using System.Numerics;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>Python's <c>str()</c> and <c>repr()</c>, the forms in which values are printed.</summary>
internal static class PythonRepr
{
    public static string Str(object? value, RenderState state) => value switch
    {
        string text => text,
        UndefinedValue => "",
        _ => Repr(value, state),
    };

    public static string Repr(object? value, RenderState state)
    {
        switch (value)
        {
            case null: return "None";
            case bool truth: return truth ? "True" : "False";
            case long number: return number.ToString(CultureInfo.InvariantCulture);
            default:
                var text = new StringBuilder();
                Write(value, text, state, 0);
                return text.ToString();
        }
    }

    private static void Write(object? value, StringBuilder text, RenderState state, int depth)
    {
        state.Charge(1);
        if (depth > state.Limits.MaxDepth)
            throw new ChatTemplateLimitException($"the value printed is nested more than {state.Limits.MaxDepth} deep.");
        switch (value)
        {
            case null: text.Append("None"); break;
            case bool truth: text.Append(truth ? "True" : "False"); break;
            case long number: text.Append(number); break;
            case BigInteger number: text.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            case double number: text.Append(PythonNumber.Repr(number)); break;
            case string part: Quote(part, text, state); break;
            case ListValue list: WriteAll('[', list.Items, ']', text, state, depth); break;
            case TupleValue tuple:
                WriteAll('(', tuple.Items, tuple.Items.Count == 1 ? ',' : ')', text, state, depth);
                if (tuple.Items.Count == 1)
                    text.Append(')');
                break;
            case DictValue dict: WriteDict(dict.Pairs, text, state, depth); break;
            case NamespaceValue space:
                text.Append("<Namespace ");
                WriteDict([.. space.Attributes.Select(pair => new KeyValuePair<object?, object?>(pair.Key, pair.Value))], text, state, depth);
                text.Append('>');
                break;
            case DictView view:
                text.Append("dict_").Append(view.Kind).Append('(');
                WriteAll('[', view.Items(), ']', text, state, depth);
                text.Append(')');
                break;
            case RangeValue range:
                text.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}");
                if (range.Step != 1)
                    text.Append(CultureInfo.InvariantCulture, $", {range.Step}");
                text.Append(')');
                break;
            case UndefinedValue: text.Append("Undefined"); break;
            case MacroValue macro: text.Append($"<Macro '{macro.Name}'>"); break;
            case IteratorValue iterator: text.Append($"<generator object {iterator.Name}>"); break;
            case LoopValue loop: text.Append(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index}/{loop.Length}>"); break;
            default: text.Append($"<{PythonType.Name(value)}{(value is CallableValue named ? " " + named.Name : "")}>"); break;
        }
        state.CheckText(text.Length);
    }

    private static void WriteAll(char open, IEnumerable<object?> items, char close, StringBuilder text, RenderState state, int depth)
    {
        text.Append(open);
        bool first = true;
        foreach (object? item in items)
        {
            if (!first)
                text.Append(", ");
            first = false;
            Write(item, text, state, depth + 1);
        }
        text.Append(close);
    }

    private static void WriteDict(IReadOnlyList<KeyValuePair<object?, object?>> pairs, StringBuilder text, RenderState state, int depth)
    {
        text.Append('{');
        for (int i = 0; i < pairs.Count; i++)
        {
            if (i > 0)
                text.Append(", ");
            Write(pairs[i].Key, text, state, depth + 1);
            text.Append(": ");
            Write(pairs[i].Value, text, state, depth + 1);
        }
        text.Append('}');
    }

    /// <summary>In single quotes, unless the text has those and no double ones; what cannot be printed is escaped.</summary>
    private static void Quote(string part, StringBuilder text, RenderState state)
    {
        state.ChargeText(part.Length);
        char quote = part.Contains('\'', StringComparison.Ordinal) && !part.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        for (int i = 0; i < part.Length; i++)
        {
            char c = part[i];
            if (c == quote || c == '\\')
                text.Append('\\').Append(c);
            else if (c is >= ' ' and < '\x7f')
                text.Append(c);
            else if (c is '\n' or '\r' or '\t')
                text.Append('\\').Append(c switch { '\n' => 'n', '\r' => 'r', _ => 't' });
            else
                i += QuoteWide(part, i, text);
        }
        text.Append(quote);
    }

    private static int QuoteWide(string part, int at, StringBuilder text)
    {
        bool pair = char.IsHighSurrogate(part[at]) && at + 1 < part.Length && char.IsLowSurrogate(part[at + 1]);
        int code = pair ? char.ConvertToUtf32(part[at], part[at + 1]) : part[at];
        bool printable = (pair || !char.IsSurrogate(part[at])) && CharUnicodeInfo.GetUnicodeCategory(code) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
        if (printable)
            text.Append(part, at, pair ? 2 : 1);
        else if (code < 0x100)
            text.Append(CultureInfo.InvariantCulture, $"\\x{code:x2}");
        else
            text.Append(code < 0x10000 ? string.Create(CultureInfo.InvariantCulture, $"\\u{code:x4}") : string.Create(CultureInfo.InvariantCulture, $"\\U{code:x8}"));
        return pair ? 1 : 0;
    }
}
