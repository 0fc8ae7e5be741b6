using System.Text;
using System.Text.Json;

namespace Athanor.Inference.Constraints;

/// <summary>Answers that call tools, as grammar.</summary>
internal static class ToolCallGrammar
{
    // Models that go on calling for ever are known; nobody runs so many at once.
    private const int MaxCalls = 32;

    public static GrammarNode Compile(GrammarBook book, IReadOnlyList<ToolFunction> tools, ToolCallSyntax syntax, ToolCalls use, bool parallel, ConstraintOptions options)
    {
        if (tools.Count == 0)
            throw new ConstraintException("there is no tool to call; give at least one");
        var json = new JsonParts(book, options);
        List<GrammarNode> calls = [];
        for (int i = 0; i < tools.Count; i++)
            calls.Add(Call(book, json, tools[i], i, syntax.ArgumentsKey, options));
        GrammarNode call = book.Define("a call", GrammarNode.Choice(calls), shared: true);
        int most = parallel ? MaxCalls : 1;
        // What stands behind the first mark; without one, behind nothing.
        GrammarNode rest = syntax.IsList
            ? GrammarNode.Sequence(json.Space, json.Array(GrammarNode.Sequence(call, GrammarNode.Repeat(GrammarNode.Sequence(json.Separator, call), 0, most - 1))), Mark(syntax.End))
            : Marked(json, call, syntax, syntax.Start.Length == 0 && syntax.End.Length == 0 ? 1 : most);
        GrammarNode marked = GrammarNode.Sequence(Mark(syntax.Start), rest);
        if (use == ToolCalls.Required)
            return marked;
        return syntax.Start.Length > 0
            ? new FreeTextNode([(Encoding.UTF8.GetBytes(syntax.Start), rest)], mayEnd: true)
            : GrammarNode.Choice(marked, Unlike(syntax.IsList ? '[' : '{'));
    }

    private static GrammarNode Marked(JsonParts json, GrammarNode call, ToolCallSyntax syntax, int most)
    {
        GrammarNode one = syntax.Start.Length > 0 || syntax.End.Length > 0
            ? GrammarNode.Sequence(json.Space, call, json.Space, Mark(syntax.End))
            : call;
        return most == 1 ? one : GrammarNode.Sequence(one, GrammarNode.Repeat(GrammarNode.Sequence(json.Space, Mark(syntax.Start), one), 0, most - 1));
    }

    private static GrammarNode Call(GrammarBook book, JsonParts json, ToolFunction tool, int index, string key, ConstraintOptions options)
    {
        if (tool.Name.Length == 0)
            throw new ConstraintException("the tool has no name", $"tools[{index}]");
        GrammarNode arguments;
        try
        {
            arguments = tool.Parameters is { ValueKind: not JsonValueKind.Null } schema
                ? SchemaCompiler.Compile(schema, book, json, options with { IgnoreUnsupported = options.IgnoreUnsupported || !tool.Strict }, $"tool {index}: ")
                : json.AnyObject(options.MaxDepth);
        }
        catch (ConstraintException e)
        {
            throw new ConstraintException($"the parameters of '{tool.Name}' cannot be enforced: {e.Message}", $"tools[{index}]");
        }
        return json.Object(GrammarNode.Sequence(
            json.Property(GrammarNode.Text("\"name\""), GrammarNode.Text($"\"{JsonEscapes.Escape(tool.Name)}\"")),
            json.Separator,
            json.Property(GrammarNode.Text($"\"{JsonEscapes.Escape(key)}\""), arguments)));
    }

    // Text whose first character other than white space is not the bracket that begins a call.
    private static GrammarNode Unlike(char bracket)
    {
        CodePointSet space = CodePointSet.Of((' ', ' '), ('\t', '\r'));
        return GrammarNode.Sequence(
            GrammarNode.Repeat(new ClassNode(space), 0, -1),
            GrammarNode.Optional(GrammarNode.Sequence(new ClassNode(space.Union(CodePointSet.Of(bracket)).Complement()), new FreeTextNode([], mayEnd: true))));
    }

    private static GrammarNode Mark(string mark) => GrammarNode.Text(mark);
}
