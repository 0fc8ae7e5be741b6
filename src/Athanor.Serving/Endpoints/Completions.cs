using System.Text;
using Athanor.Inference.Generation;
using Athanor.Serving.Answers;
using Athanor.Serving.Catalog;
using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Athanor.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>POST /v1/completions</c>.</summary>
internal sealed class Completions(ServerState server) : JsonEndpoint<CompletionBody>(server, ApiJson.Api.CompletionBody)
{
    public const string Path = "/v1/completions";
    private const string Kind = "text_completion";

    protected override async Task AnswerAsync(HttpContext context, CompletionBody body, RequestScope scope)
    {
        Server.Unknown.Note(Path, body.Unknown);
        Server.Unknown.Note(Path, body.StreamOptions?.Unknown);
        ServedModel model = Server.FindFree(body.Model);
        IReadOnlyList<CompletionTask> tasks = CompletionReader.Read(body, model, Server.Options.Limits);
        var answer = new CompletionAnswer(model, tasks, Server.Metrics.Of(model.Id));
        string id = $"cmpl-{Guid.NewGuid():N}";
        long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (!(body.Stream ?? false))
        {
            CompletionChoice[] choices = await WholeAsync(answer, scope.Token).ConfigureAwait(false);
            await JsonBody.WriteAsync(context, Counted(choices, Cost()), ApiJson.Api.CountedCompletionAnswerBody).ConfigureAwait(false);
            return;
        }
        bool usage = body.StreamOptions?.IncludeUsage ?? false;
        await new EventStream(context, Server.Options.PingInterval).SendAsync(
            answer.ReadAsync(scope.Token),
            (events, piece) => SendAsync(events, new CompletionChoice(piece.Index, piece.Text, piece.Logprobs, piece.Finish)),
            events => usage ? events.SendAsync(Counted([], Cost()), ApiJson.Api.CountedCompletionAnswerBody) : ValueTask.CompletedTask,
            scope,
            error => Failure.Of(error, scope, Server)).ConfigureAwait(false);

        Usage Cost() => Usage.Of(answer.Usage ?? new GenerationUsage(tasks.Sum(task => task.Request.Prompt.Count), 0, 0));

        ValueTask SendAsync(EventStream events, CompletionChoice choice) => usage
            ? events.SendAsync(Counted([choice], null), ApiJson.Api.CountedCompletionAnswerBody)
            : events.SendAsync(new CompletionAnswerBody(id, Kind, created, model.Id, [choice]), ApiJson.Api.CompletionAnswerBody);

        CountedCompletionAnswerBody Counted(IReadOnlyList<CompletionChoice> choices, Usage? cost) => new(id, Kind, created, model.Id, choices, cost);
    }

    private static async Task<CompletionChoice[]> WholeAsync(CompletionAnswer answer, CancellationToken cancellation)
    {
        var texts = new StringBuilder[answer.Texts];
        var scores = new CompletionLogprobs?[answer.Texts];
        string?[] ends = new string?[answer.Texts];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = new StringBuilder();
        await foreach (CompletionPiece piece in answer.ReadAsync(cancellation).ConfigureAwait(false))
        {
            texts[piece.Index].Append(piece.Text);
            ends[piece.Index] ??= piece.Finish;
            if (piece.Logprobs is { } more)
                (scores[piece.Index] ??= new CompletionLogprobs()).Add(more);
        }
        return [.. texts.Select((text, i) => new CompletionChoice(i, text.ToString(), scores[i], ends[i]))];
    }
}
