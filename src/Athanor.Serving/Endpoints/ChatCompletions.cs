using Athanor.Serving.Answers;
using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Athanor.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal sealed class ChatCompletions(ServerState server) : JsonEndpoint<ChatBody>(server, ApiJson.Api.ChatBody)
{
    public const string Path = "/v1/chat/completions";

    protected override async Task AnswerAsync(HttpContext context, ChatBody body, RequestScope scope)
    {
        Server.Unknown.Note(Path, body.Unknown);
        Server.Unknown.Note(Path, body.StreamOptions?.Unknown);
        ServedModel model = Server.FindFree(body.Model);
        ChatTask task = ChatReader.Read(body, model, Server.Options.Limits, scope.Token);
        var answer = new ChatAnswer(task);
        IAsyncEnumerable<AnswerPart> parts = answer.Read(EngineChunks.Of(model, task.Request, Server.Metrics.Of(model.Id), scope.Token), scope.Token);
        var head = new Head($"chatcmpl-{Guid.NewGuid():N}", DateTimeOffset.UtcNow.ToUnixTimeSeconds(), model);
        if (body.Stream ?? false)
            await StreamAsync(context, body, task, answer, parts, head, scope).ConfigureAwait(false);
        else
            await WholeAsync(context, task, answer, parts, head).ConfigureAwait(false);
    }

    private static async Task WholeAsync(HttpContext context, ChatTask task, ChatAnswer answer, IAsyncEnumerable<AnswerPart> parts, Head head)
    {
        WholeChoice[] choices = await WholeChoice.CollectAsync(parts, task.Request.Candidates).ConfigureAwait(false);
        bool scored = task.Request.LogProbs is not null;
        ChatChoice[] bodies = [.. choices.Select((choice, i) =>
        {
            ToolCallBody[]? calls = choice.Calls.Count == 0 ? null : [.. choice.Calls.Select(call => new ToolCallBody(call.Id, "function", new ToolCallFunction(call.Name, call.Arguments.ToString())))];
            string? text = calls is not null && choice.Text.Length == 0 ? null : choice.Text;
            return new ChatChoice(i, new AssistantMessage("assistant", text, calls), scored ? TokenScores.OfChat(choice.LogProbs, head.Model.Engine.Tokenizer) ?? new ChatLogprobs([]) : null, choice.Finish);
        })];
        await JsonBody.WriteAsync(context, new ChatAnswerBody(head.Id, "chat.completion", head.Created, head.Model.Id, bodies, Usage.Of(answer.Usage)), ApiJson.Api.ChatAnswerBody).ConfigureAwait(false);
    }

    private Task StreamAsync(HttpContext context, ChatBody body, ChatTask task, ChatAnswer answer, IAsyncEnumerable<AnswerPart> parts, Head head, RequestScope scope)
    {
        bool counted = body.StreamOptions?.IncludeUsage ?? false;
        bool[] begun = new bool[task.Request.Candidates];
        var stream = new EventStream(context, Server.Options.PingInterval);
        return stream.SendAsync(parts, WriteAsync, FinishAsync, scope, error => Failure.Of(error, scope, Server));

        async ValueTask WriteAsync(EventStream events, AnswerPart part)
        {
            if (!begun[part.Choice])
            {
                begun[part.Choice] = true;
                await SendAsync(events, part.Choice, new ChatDelta("assistant", ""), null, null).ConfigureAwait(false);
            }
            ChatLogprobs? logprobs = TokenScores.OfChat(part.LogProbs, head.Model.Engine.Tokenizer);
            ChatDelta delta = part.Finish is not null ? new ChatDelta()
                : part.Call is { } call ? new ChatDelta(ToolCalls: [new ToolCallDelta(call.Index, call.Id, call.Id is null ? null : "function", new ToolFunctionDelta(call.Name, call.Arguments))])
                : new ChatDelta(Content: part.Text);
            await SendAsync(events, part.Choice, delta, logprobs, part.Finish).ConfigureAwait(false);
        }

        ValueTask FinishAsync(EventStream events) => counted ? CountedAsync(events, [], Usage.Of(answer.Usage)) : ValueTask.CompletedTask;

        ValueTask SendAsync(EventStream events, int choice, ChatDelta delta, ChatLogprobs? logprobs, string? finish)
        {
            ChatChunkChoice[] choices = [new ChatChunkChoice(choice, delta, logprobs, finish)];
            return counted ? CountedAsync(events, choices, null) : events.SendAsync(new ChatChunkBody(head.Id, Head.Chunk, head.Created, head.Model.Id, choices), ApiJson.Api.ChatChunkBody);
        }

        ValueTask CountedAsync(EventStream events, ChatChunkChoice[] choices, Usage? usage) =>
            events.SendAsync(new CountedChatChunkBody(head.Id, Head.Chunk, head.Created, head.Model.Id, choices, usage), ApiJson.Api.CountedChatChunkBody);
    }

    /// <summary>What stands at the head of an answer and of each of its events.</summary>
    private sealed record Head(string Id, long Created, ServedModel Model)
    {
        public const string Chunk = "chat.completion.chunk";
    }
}
