using System.Text.Json;

namespace Athanor.Inference.Constraints;

/// <summary>How a model writes that it calls tools: marks around JSON objects with a name and arguments.</summary>
/// <param name="Start">What stands before each call, or before the list of calls; empty where an answer that begins with a bracket is a call.</param>
/// <param name="End">What stands behind each call, or behind the list; empty for nothing.</param>
/// <param name="ArgumentsKey">The key of the arguments.</param>
/// <param name="IsList">Whether calls stand in one JSON array.</param>
public sealed record ToolCallSyntax(string Start, string End = "", string ArgumentsKey = "arguments", bool IsList = false)
{
    /// <summary>Nous Hermes, Qwen: an object between &lt;tool_call&gt; and &lt;/tool_call&gt; for each call.</summary>
    public static ToolCallSyntax Hermes { get; } = new("<tool_call>", "</tool_call>");

    /// <summary>Llama 3: the whole answer is one object with parameters.</summary>
    public static ToolCallSyntax Llama3 { get; } = new("", ArgumentsKey: "parameters");

    /// <summary>Mistral: an array behind one mark.</summary>
    public static ToolCallSyntax Mistral { get; } = new("[TOOL_CALLS]", IsList: true);

    /// <summary>The whole answer is an array of calls.</summary>
    public static ToolCallSyntax Json { get; } = new("", IsList: true);
}

/// <summary>A tool that may be called.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The JSON Schema of its arguments; null for any object.</param>
/// <param name="Strict">Whether keywords of the schema that cannot be enforced are refused; otherwise they are passed over.</param>
public sealed record ToolFunction(string Name, JsonElement? Parameters, bool Strict = false);

/// <summary>Which calls an answer may make.</summary>
public enum ToolCalls
{
    /// <summary>Text, then calls if the model likes: only what follows a call's mark is held to the grammar.</summary>
    Auto,

    /// <summary>Nothing but calls, at least one.</summary>
    Required,
}
