using Athanor.Inference.Constraints;

namespace Athanor.Serving.Chat;

/// <summary>How a model writes that it calls a tool: marks around JSON objects with a name and arguments.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Start">What stands before the first call; empty where an answer that begins with an object is a call.</param>
/// <param name="End">What stands behind each call; null where the object's end is the call's.</param>
/// <param name="ArgumentsKey">The key of the arguments when calls are asked for; both "arguments" and "parameters" are read.</param>
/// <param name="IsList">Whether the calls stand in one array behind one start.</param>
/// <param name="Taught">Whether the template tells the model of its tools; a system message has to, otherwise.</param>
internal sealed record ToolCallFormat(string Name, string Start, string? End, string ArgumentsKey, bool IsList, bool Taught)
{
    /// <summary>Nous Hermes, Qwen and many after them; also what models without an own form are asked for.</summary>
    public static ToolCallFormat Hermes { get; } = new("hermes", "<tool_call>", "</tool_call>", "arguments", IsList: false, Taught: true);

    /// <summary>Mistral: an array behind one mark.</summary>
    public static ToolCallFormat Mistral { get; } = new("mistral", "[TOOL_CALLS]", null, "arguments", IsList: true, Taught: true);

    /// <summary>Llama 3: the whole answer is an object.</summary>
    public static ToolCallFormat Llama3 { get; } = new("llama3", "", null, "parameters", IsList: false, Taught: true);

    /// <summary>The same for the constraint that keeps calls well formed.</summary>
    public ToolCallSyntax Syntax => new(Start, End ?? "", ArgumentsKey, IsList);

    /// <summary>The form that a chat template speaks of.</summary>
    public static ToolCallFormat Of(string template)
    {
        if (template.Contains("[TOOL_CALLS]", StringComparison.Ordinal))
            return Mistral;
        bool taught = template.Contains("tools", StringComparison.Ordinal);
        if (taught && (template.Contains("<|python_tag|>", StringComparison.Ordinal) || template.Contains("\"parameters\": dictionary", StringComparison.Ordinal)))
            return Llama3;
        return Hermes with { Taught = taught && template.Contains("<tool_call>", StringComparison.Ordinal) };
    }
}
