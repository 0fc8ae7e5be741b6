using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Inference.Constraints;
using Athanor.Inference.Generation;
using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Protocol;
using Athanor.Tokenizers.Chat;

namespace Athanor.Serving.Requests;

/// <summary>Makes a chat request ready for an engine.</summary>
internal static class ChatReader
{
    public static ChatTask Read(ChatBody body, ServedModel model, RequestLimits limits, CancellationToken cancellation)
    {
        ToolSet? tools = ToolReader.Read(body, model, limits);
        AnswerFormat format = FormatReader.Read(body, limits);
        if (tools is { Use: ToolUse.Required } && format.Form != AnswerForm.Text)
            throw ApiException.Invalid($"'{format.Field}' asks for another answer than the tool call that 'tool_choice' asks for.", format.Field);
        int[] prompt = Prompt(body, model, tools, limits, cancellation);
        int? most = body.MaxCompletionTokens ?? body.MaxTokens;
        if (most is { } given)
            Field.InRange(given, body.MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens", 1, int.MaxValue);
        GenerationRequest request = GenerationReader.Read(body, model, limits, prompt, "messages", most);
        int? logprobs = Logprobs(body, limits);
        Func<ITokenConstraint>? constraint = AnswerConstraints.For(model, format, tools);
        return new ChatTask(BeamReader.Read(request, body, request.Candidates) with
        {
            LogProbs = logprobs,
            Constraint = constraint,
            Stop = [.. request.Stop, .. model.TurnEnds.Except(request.Stop)],
            // A mark that is a special token would not be seen otherwise.
            ShowSpecial = request.ShowSpecial || (tools is not null && tools.Format.Start.Length > 0 && model.Engine.Tokenizer.TryGetId(tools.Format.Start, out int mark) && model.Engine.Tokenizer.IsSpecial(mark)),
        }, tools);
    }

    /// <summary>The conversation of a field in tokens.</summary>
    public static int[] Encode(ServedModel model, JsonElement? messages, ToolSet? tools, JsonElement? variables, string? effort, bool addGenerationPrompt, bool continueFinalMessage, RequestLimits limits, CancellationToken cancellation)
    {
        if (addGenerationPrompt && continueFinalMessage)
            throw ApiException.Invalid("'continue_final_message' excludes 'add_generation_prompt'.", "continue_final_message");
        if (variables is { ValueKind: not JsonValueKind.Object })
            throw ApiException.Invalid("'chat_template_kwargs' has to be an object.", "chat_template_kwargs");
        try
        {
            JsonObject? extra = variables is { } given ? JsonObject.Create(given.Clone()) : null;
            if (effort is not null)
                (extra ??= [])["reasoning_effort"] = effort;
            return ChatPrompt.Encode(model, Messages(messages, limits), tools, extra, addGenerationPrompt, continueFinalMessage, cancellation);
        }
        catch (ChatTemplateException e)
        {
            throw ApiException.Invalid($"The model's chat template: {e.Message}", "messages");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or JsonException)
        {
            // System.Text.Json finds these when a string of a tree is read.
            throw ApiException.Invalid($"The conversation holds JSON that is no text: {e.Message}", "messages");
        }
    }

    private static int[] Prompt(ChatBody body, ServedModel model, ToolSet? tools, RequestLimits limits, CancellationToken cancellation)
    {
        bool continues = body.ContinueFinalMessage ?? false;
        return Encode(model, body.Messages, tools, body.ChatTemplateKwargs, body.ReasoningEffort, body.AddGenerationPrompt ?? !continues, continues, limits, cancellation);
    }

    private static List<ChatMessage> Messages(JsonElement? field, RequestLimits limits)
    {
        if (field is not { ValueKind: JsonValueKind.Array } list)
            throw ApiException.Invalid("'messages' has to be a list of messages.", "messages");
        int count = list.GetArrayLength();
        if (count == 0)
            throw ApiException.Invalid("'messages' is empty.", "messages");
        if (count > limits.MaxMessages)
            throw ApiException.Invalid($"'messages' has {count} entries; at most {limits.MaxMessages} are taken.", "messages");
        var messages = new List<ChatMessage>(count);
        foreach (JsonElement one in list.EnumerateArray())
        {
            string place = $"messages[{messages.Count}]";
            if (one.ValueKind != JsonValueKind.Object)
                throw ApiException.Invalid($"'{place}' has to be an object.", place);
            try
            {
                messages.Add(ChatPrompt.Plain(JsonObject.Create(one.Clone())!));
            }
            catch (Exception e) when (e is ChatTemplateException or InvalidOperationException or ArgumentException)
            {
                throw ApiException.Invalid($"'{place}': {e.Message}", place);
            }
        }
        return messages;
    }

    private static int? Logprobs(ChatBody body, RequestLimits limits)
    {
        if (!(body.Logprobs ?? false))
            return body.TopLogprobs is > 0 ? throw ApiException.Invalid("'top_logprobs' needs 'logprobs' to be true.", "top_logprobs") : null;
        return Field.InRange(body.TopLogprobs ?? 0, "top_logprobs", 0, limits.MaxTopLogProbs);
    }
}
