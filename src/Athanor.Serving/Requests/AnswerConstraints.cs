using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Inference.Constraints;
using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Protocol;
using Athanor.Tokenizers;

namespace Athanor.Serving.Requests;

/// <summary>What keeps answers to the form that a request asks for: its own, or that of tool calls.</summary>
internal static class AnswerConstraints
{
    /// <summary>Makes the constraint of one answer; null where anything may be said.</summary>
    public static Func<ITokenConstraint>? For(ServedModel model, AnswerFormat format, ToolSet? tools)
    {
        try
        {
            if (format.Form != AnswerForm.Text)
                return model.Constraints.Get($"{format.Form} {format.IsLenient}\n{format.Rule}{string.Join('\0', format.Choices ?? [])}", (tokenizer, options) => Compile(format, tokenizer, options)).Start;
            if (tools is null)
                return null;
            return model.Constraints.Get($"tools {tools.Use} {tools.Parallel} {tools.Format.Name}\n{tools.Definitions.ToJsonString()}", (tokenizer, options) => Compile(tools, tokenizer, options)).Start;
        }
        catch (ConstraintException e)
        {
            string field = format.Form != AnswerForm.Text ? format.Field : "tools";
            throw ApiException.Invalid($"'{field}': {e.Message}", field);
        }
    }

    private static CompiledConstraint Compile(AnswerFormat format, Tokenizer tokenizer, ConstraintOptions options) => format.Form switch
    {
        AnswerForm.JsonObject => TokenConstraints.JsonObject(tokenizer, options),
        AnswerForm.JsonSchema => TokenConstraints.JsonSchema(Schema(format), tokenizer, options with { IgnoreUnsupported = format.IsLenient }),
        AnswerForm.Regex => TokenConstraints.Regex(format.Rule, tokenizer, options),
        AnswerForm.Choice => TokenConstraints.Choice(format.Choices!, tokenizer, options),
        _ => TokenConstraints.Grammar(format.Rule, tokenizer, options),
    };

    private static CompiledConstraint Compile(ToolSet tools, Tokenizer tokenizer, ConstraintOptions options)
    {
        ToolFunction[] functions = [.. tools.Definitions.Select(tool =>
        {
            JsonObject function = tool!["function"]!.AsObject();
            JsonElement? parameters = function["parameters"] is { } schema ? Parsed(schema.ToJsonString()) : null;
            return new ToolFunction(function["name"]!.GetValue<string>(), parameters, function["strict"] is JsonValue strict && strict.TryGetValue(out bool said) && said);
        })];
        return TokenConstraints.Tools(functions, tools.Format.Syntax, tools.Use == ToolUse.Required ? ToolCalls.Required : ToolCalls.Auto, tools.Parallel, tokenizer, options);
    }

    private static JsonElement Schema(AnswerFormat format)
    {
        try
        {
            return Parsed(format.Rule);
        }
        catch (JsonException)
        {
            throw ApiException.Invalid($"'{format.Field}' is not valid JSON.", format.Field);
        }
    }

    private static JsonElement Parsed(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
