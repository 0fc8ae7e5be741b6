using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Athanor.Inference.Generation;
using Athanor.Serving.Answers;
using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Protocol;
using Athanor.Serving.Requests;
using Microsoft.Extensions.AI;

namespace Athanor.Serving.Clients;

/// <summary>
/// A model of this process as an <see cref="IChatClient"/>. Requests are read and answered by the same code as those of the server; further fields of its API,
/// such as <c>min_p</c> or <c>guided_regex</c>, are taken from <see cref="ChatOptions.AdditionalProperties"/>.
/// </summary>
/// <param name="model">The model; it is not disposed of with the client.</param>
/// <param name="limits">What a request may ask for.</param>
public sealed class EngineChatClient(ServedModel model, RequestLimits? limits = null) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("athanor", defaultModelId: model.Id);
    private readonly RequestLimits _limits = limits ?? new RequestLimits();

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The request makes no sense, or is longer than the context.</exception>
    /// <exception cref="EngineOverloadedException">The engine's queue is full.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The request makes no sense, or is longer than the context.</exception>
    /// <exception cref="EngineOverloadedException">The engine's queue is full.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatTask task = Read(messages, options, cancellationToken);
        // One answer is what the interface has room for.
        task = task with { Request = task.Request with { Candidates = 1 } };
        var answer = new ChatAnswer(task);
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        DateTimeOffset created = DateTimeOffset.UtcNow;
        (string Id, string Name, StringBuilder Arguments)? call = null;
        IAsyncEnumerable<AnswerPart> parts = answer.Read(EngineChunks.Of(model, task.Request, null, cancellationToken), cancellationToken);
        await using IAsyncEnumerator<AnswerPart> source = parts.GetAsyncEnumerator(cancellationToken);
        while (await MoveAsync(source).ConfigureAwait(false))
        {
            AnswerPart part = source.Current;
            // Others are told of a call when all of it is known.
            if (call is { } whole && part.Call is not { Id: null })
            {
                yield return Update([FunctionCallContent.CreateFromParsedArguments(whole.Arguments.ToString(), whole.Id, whole.Name, Arguments)]);
                call = null;
            }
            if (part.Call is { Id: { } callId } begun)
                call = (callId, begun.Name!, new StringBuilder());
            if (part.Call is { } fragment)
                call!.Value.Arguments.Append(fragment.Arguments);
            else if (part.Text.Length > 0)
                yield return Update([new TextContent(part.Text)]);
            if (part.Finish is { } finish)
            {
                ChatResponseUpdate last = Update([]);
                last.FinishReason = new ChatFinishReason(finish);
                yield return last;
            }
        }
        GenerationUsage usage = answer.Usage;
        yield return Update([new UsageContent(new UsageDetails
        {
            InputTokenCount = usage.PromptTokens,
            OutputTokenCount = usage.GeneratedTokens,
            TotalTokenCount = usage.PromptTokens + usage.GeneratedTokens,
            CachedInputTokenCount = usage.CachedTokens,
        })]);

        ChatResponseUpdate Update(IList<AIContent> contents) =>
            new(ChatRole.Assistant, contents) { ResponseId = id, MessageId = id, ModelId = model.Id, CreatedAt = created };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(model) ? model
            : serviceType.IsInstanceOfType(model.Engine) ? model.Engine
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Nothing to free: the model is the caller's.</summary>
    public void Dispose()
    {
    }

    private ChatTask Read(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellation)
    {
        if (options?.ModelId is { } asked && asked != model.Id)
            throw new ArgumentException($"The options ask for the model '{asked}'; this client has '{model.Id}'.", nameof(options));
        try
        {
            return ChatReader.Read(ClientRequest.Of(messages, options), model, _limits, cancellation);
        }
        catch (ApiException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    private static async ValueTask<bool> MoveAsync(IAsyncEnumerator<AnswerPart> source)
    {
        try
        {
            return await source.MoveNextAsync().ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    private static IDictionary<string, object?>? Arguments(string json) =>
        JsonSerializer.Deserialize(json, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<IDictionary<string, object?>>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));
}
