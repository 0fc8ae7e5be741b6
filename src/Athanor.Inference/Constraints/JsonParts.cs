using System.Globalization;

namespace Athanor.Inference.Constraints;

/// <summary>The parts of JSON (RFC 8259) as grammar, with white space and digits bounded. White space stands where printers put it: behind brackets, commas and colons, and before closing brackets.</summary>
internal sealed class JsonParts
{
    private static readonly GrammarNode s_hex = GrammarNode.Class(('0', '9'), ('a', 'f'), ('A', 'F'));

    private readonly GrammarBook _book;
    private readonly ConstraintOptions _options;
    private GrammarNode? _string, _stringTail, _number, _integer, _scalar;

    public JsonParts(GrammarBook book, ConstraintOptions options)
    {
        (_book, _options) = (book, options);
        Space = GrammarNode.Repeat(GrammarNode.Class((' ', ' '), ('\t', '\n')), 0, options.MaxWhiteSpace);
        Separator = GrammarNode.Sequence(GrammarNode.Text(","), Space);
    }

    /// <summary>One character of a string. Escaped surrogates come in pairs only, so that the string is text.</summary>
    public static GrammarNode Character { get; } = GrammarNode.Choice(
        new ClassNode(CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\')).Complement()),
        GrammarNode.Sequence(GrammarNode.Text("\\"), GrammarNode.Choice(
            new ClassNode(CodePointSet.Of([.. "\"\\/bfnrt".Select(c => ((int)c, (int)c))])),
            GrammarNode.Sequence(GrammarNode.Text("u"), GrammarNode.Choice(
                GrammarNode.Sequence(GrammarNode.Class(('0', '9'), ('a', 'c'), ('A', 'C'), ('e', 'f'), ('E', 'F')), s_hex, s_hex, s_hex),
                GrammarNode.Sequence(GrammarNode.Class(('d', 'd'), ('D', 'D')), GrammarNode.Class(('0', '7')), s_hex, s_hex),
                GrammarNode.Sequence(GrammarNode.Class(('d', 'd'), ('D', 'D')), GrammarNode.Class(('8', '9'), ('a', 'b'), ('A', 'B')), s_hex, s_hex,
                    GrammarNode.Text("\\u"), GrammarNode.Class(('d', 'd'), ('D', 'D')), GrammarNode.Class(('c', 'f'), ('C', 'F')), s_hex, s_hex))))));

    public GrammarNode Space { get; }

    /// <summary>A comma and white space.</summary>
    public GrammarNode Separator { get; }

    public GrammarNode String => _string ??= _book.Define("a JSON string", GrammarNode.Sequence(GrammarNode.Text("\""), StringTail), shared: true);

    /// <summary>The rest of a string, with the quote that ends it.</summary>
    public GrammarNode StringTail => _stringTail ??= _book.Define("the rest of a JSON string", GrammarNode.Sequence(GrammarNode.Repeat(Character, 0, -1), GrammarNode.Text("\"")), shared: true);

    public GrammarNode Number => _number ??= _book.Define("a JSON number", GrammarNode.Sequence(
        GrammarNode.Optional(GrammarNode.Text("-")),
        NumberRange.Digits(_options.MaxDigits),
        GrammarNode.Optional(GrammarNode.Sequence(GrammarNode.Text("."), GrammarNode.Repeat(NumberRange.Digit, 1, Math.Max(1, _options.MaxFractionDigits)))),
        // Two digits reach further than double precision needs and never overflow it.
        GrammarNode.Optional(GrammarNode.Sequence(GrammarNode.Class(('e', 'e'), ('E', 'E')), GrammarNode.Optional(GrammarNode.Class(('+', '+'), ('-', '-'))), GrammarNode.Repeat(NumberRange.Digit, 1, 2)))));

    public GrammarNode Integer => _integer ??= _book.Define("a JSON integer", GrammarNode.Choice(
        NumberRange.Digits(_options.MaxDigits),
        GrammarNode.Sequence(GrammarNode.Text("-"), GrammarNode.Class(('1', '9')), GrammarNode.Repeat(NumberRange.Digit, 0, Math.Max(1, _options.MaxDigits) - 1))));

    public static GrammarNode Boolean { get; } = GrammarNode.Choice(GrammarNode.Text("true"), GrammarNode.Text("false"));

    public static GrammarNode Null { get; } = GrammarNode.Text("null");

    /// <summary>Any value of so many levels of arrays and objects at most.</summary>
    public GrammarNode Value(int depth)
    {
        _scalar ??= _book.Define("a JSON scalar", GrammarNode.Choice(String, Number, Boolean, Null));
        return depth <= 0 ? _scalar : Deep("a JSON value", depth, () => GrammarNode.Choice(_scalar, AnyArray(depth), AnyObject(depth)));
    }

    /// <summary>Any array of so many levels at most, its own included.</summary>
    public GrammarNode AnyArray(int depth) => Deep("a JSON array", depth, () => Array(new ListNode(Separator, [], Value(depth - 1))));

    /// <summary>Any object of so many levels at most, its own included.</summary>
    public GrammarNode AnyObject(int depth) => Deep("a JSON object", depth, () => Object(new ListNode(Separator, [], Property(String, Value(depth - 1)))));

    public GrammarNode Array(GrammarNode items) => GrammarNode.Sequence(GrammarNode.Text("["), Space, items, Space, GrammarNode.Text("]"));

    public GrammarNode Object(GrammarNode properties) => GrammarNode.Sequence(GrammarNode.Text("{"), Space, properties, Space, GrammarNode.Text("}"));

    public GrammarNode Property(GrammarNode key, GrammarNode value) => GrammarNode.Sequence(key, GrammarNode.Text(":"), Space, value);

    /// <summary>A string of so many characters; -1 for no upper bound.</summary>
    public GrammarNode StringOfLength(int min, int max)
    {
        if ((min, max) == (0, -1))
            return String;
        string name = string.Create(CultureInfo.InvariantCulture, $"a JSON string of {min} to {max} characters");
        return _book.TryGetRule(name, out int known) ? new RuleNode(known) : _book.Define(
            name, GrammarNode.Sequence(GrammarNode.Text("\""), GrammarNode.Repeat(Character, min, max), GrammarNode.Text("\"")), shared: true);
    }

    /// <summary>A string of a known format.</summary>
    public GrammarNode StringOfFormat(string format, string expression)
    {
        string name = $"a JSON string of format {format}";
        return _book.TryGetRule(name, out int known) ? new RuleNode(known) : _book.Define(name, Quoted(RegexParser.Parse(expression, format)), shared: true);
    }

    /// <summary>A string that a grammar describes without its quotes and escapes.</summary>
    public static GrammarNode Quoted(GrammarNode text) => GrammarNode.Sequence(GrammarNode.Text("\""), JsonEscapes.Escape(text), GrammarNode.Text("\""));

    private RuleNode Deep(string what, int depth, Func<GrammarNode> body)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{what} of {Math.Max(0, depth)} levels");
        return _book.TryGetRule(name, out int known) ? new RuleNode(known) : _book.Define(name, body(), shared: true);
    }
}
