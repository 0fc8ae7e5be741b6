using System.ClientModel;
using System.Text;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;

namespace Athanor.Serving.Tests.Clients;

/// <summary>The official client of .NET against a real server.</summary>
public class OpenAIClientTests
{
    private const string Call = "I look it up.\n<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Zürich\"}}</tool_call>\n<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>";

    [Fact]
    public async Task It_chats_whole_and_streaming_with_the_same_text()
    {
        await using RunningServer server = await RunningServer.StartAsync((_, seed) => $"Grüße {seed} from 世界 😀!");
        ChatClient client = Client(server).GetChatClient("scripted");
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 200, Temperature = 0.5f, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };
        ChatMessage[] messages = [new SystemChatMessage("be kind"), new UserChatMessage("hello")];
        ChatCompletion whole = await client.CompleteChatAsync(messages, options);
        Assert.Equal("Grüße 0 from 世界 😀!", whole.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, whole.FinishReason);
        Assert.Equal(Encoding.UTF8.GetByteCount(whole.Content[0].Text), whole.Usage.OutputTokenCount);
        Assert.Equal(whole.Usage.OutputTokenCount, whole.ContentTokenLogProbabilities.Count);
        Assert.All(whole.ContentTokenLogProbabilities, token => Assert.Equal(2, token.TopLogProbabilities.Count));

        var text = new StringBuilder();
        ChatFinishReason? finish = null;
        int tokens = 0, scored = 0;
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(messages, options))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                text.Append(part.Text);
            finish = update.FinishReason ?? finish;
            tokens = update.Usage?.OutputTokenCount ?? tokens;
            scored += update.ContentTokenLogProbabilities.Count;
        }
        Assert.Equal(whole.Content[0].Text, text.ToString());
        Assert.Equal(ChatFinishReason.Stop, finish);
        Assert.Equal(whole.Usage.OutputTokenCount, tokens);
        Assert.Equal(whole.ContentTokenLogProbabilities.Count, scored);
    }

    [Fact]
    public async Task It_gets_tool_calls_whole_and_streaming()
    {
        await using RunningServer server = await RunningServer.StartAsync((_, _) => Call);
        ChatClient client = Client(server).GetChatClient("scripted");
        var options = new ChatCompletionOptions();
        options.Tools.Add(ChatTool.CreateFunctionTool("weather", "the weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")));
        options.Tools.Add(ChatTool.CreateFunctionTool("time"));
        ChatCompletion whole = await client.CompleteChatAsync([new UserChatMessage("weather?")], options);
        Assert.Equal(ChatFinishReason.ToolCalls, whole.FinishReason);
        Assert.Equal("I look it up.", whole.Content[0].Text);
        Assert.Equal(["weather", "time"], whole.ToolCalls.Select(call => call.FunctionName));
        Assert.Equal("""{"city": "Zürich"}""", whole.ToolCalls[0].FunctionArguments.ToString());

        var calls = new SortedDictionary<int, (string Id, string Name, StringBuilder Arguments)>();
        var text = new StringBuilder();
        ChatFinishReason? finish = null;
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync([new UserChatMessage("weather?")], options))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                text.Append(part.Text);
            finish = update.FinishReason ?? finish;
            foreach (StreamingChatToolCallUpdate call in update.ToolCallUpdates)
            {
                if (call.ToolCallId is { Length: > 0 } id)
                    calls.Add(call.Index, (id, call.FunctionName, new StringBuilder()));
                calls[call.Index].Arguments.Append(call.FunctionArgumentsUpdate?.ToString());
            }
        }
        Assert.Equal(ChatFinishReason.ToolCalls, finish);
        Assert.Equal("I look it up.", text.ToString());
        Assert.Equal(whole.ToolCalls.Select(call => (call.FunctionName, call.FunctionArguments.ToString())), calls.Values.Select(call => (call.Name, call.Arguments.ToString())));
        Assert.Equal(2, calls.Values.Select(call => call.Id).Distinct().Count());

        // What came back is sent again with the results.
        await client.CompleteChatAsync([new UserChatMessage("weather?"), new AssistantChatMessage(whole), new ToolChatMessage(whole.ToolCalls[0].Id, "sunny"), new ToolChatMessage(whole.ToolCalls[1].Id, "noon")], options);
        string prompt = server.Engine.Tokenizer.Decode([.. server.Engine.LastRequest!.Prompt]);
        Assert.Contains("\"name\":\"weather\"", prompt, StringComparison.Ordinal);
        Assert.Contains("sunny", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_gets_embeddings_models_and_errors()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        OpenAIClient client = Client(server);
        EmbeddingClient embeddings = client.GetEmbeddingClient("scripted");
        OpenAIEmbeddingCollection vectors = await embeddings.GenerateEmbeddingsAsync(["one", "two"], new EmbeddingGenerationOptions { Dimensions = 4 });
        Assert.Equal(2, vectors.Count);
        Assert.All(vectors, vector => Assert.Equal(4, vector.ToFloats().Length));
        OpenAIModelCollection models = await client.GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal("scripted", Assert.Single(models).Id);
        OpenAIModel one = await client.GetOpenAIModelClient().GetModelAsync("scripted");
        Assert.Equal("athanor", one.OwnedBy);
        var missing = await Assert.ThrowsAsync<ClientResultException>(() => client.GetChatClient("none").CompleteChatAsync([new UserChatMessage("x")]));
        Assert.Equal(404, missing.Status);
        Assert.Contains("does not exist", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_needs_the_key_where_there_is_one()
    {
        await using RunningServer server = await RunningServer.StartAsync((_, _) => "in", options: new ServerOptions { Port = 0, ApiKeys = ["right"] });
        ChatCompletion answer = await Client(server, "right").GetChatClient("scripted").CompleteChatAsync([new UserChatMessage("x")]);
        Assert.Equal("in", answer.Content[0].Text);
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => Client(server, "wrong").GetChatClient("scripted").CompleteChatAsync([new UserChatMessage("x")]));
        Assert.Equal(401, refused.Status);
    }

    [Fact]
    public async Task Cancelling_it_frees_the_slot()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => new string('x', 1000)) { Delay = TimeSpan.FromMilliseconds(10) };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine);
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamingChatCompletionUpdate _ in Client(server).GetChatClient("scripted").CompleteChatStreamingAsync([new UserChatMessage("x")], cancellationToken: cancellation.Token))
                await cancellation.CancelAsync();
        });
        await RunningServer.Eventually(() => engine.Running == 0 && engine.Cancelled == 1, "the slot is free");
    }

    private static OpenAIClient Client(RunningServer server, string key = "any") =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(server.Server.Address, "/v1"), RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) });
}
