namespace Athanor.Serving.Requests;

/// <summary>What an answer has to look like.</summary>
internal enum AnswerForm
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>Any JSON object.</summary>
    JsonObject,

    /// <summary>JSON of a schema.</summary>
    JsonSchema,

    /// <summary>A text that a regular expression matches as a whole.</summary>
    Regex,

    /// <summary>One of some texts.</summary>
    Choice,

    /// <summary>A text of a context-free grammar.</summary>
    Grammar,
}

/// <summary>What an answer has to look like: its form, and the schema, expression or grammar.</summary>
internal sealed record AnswerFormat(AnswerForm Form, string Rule = "", IReadOnlyList<string>? Choices = null, string Field = "response_format")
{
    /// <summary>Whether keywords of a schema that cannot be enforced are passed over: the request said that it is not strict.</summary>
    public bool IsLenient { get; init; }

    public static AnswerFormat Text { get; } = new(AnswerForm.Text);
}
