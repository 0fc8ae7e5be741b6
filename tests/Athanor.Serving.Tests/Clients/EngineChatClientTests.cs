using System.Text;
using System.Text.Json;
using Athanor.Serving.Catalog;
using Athanor.Serving.Clients;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;
using Microsoft.Extensions.AI;

namespace Athanor.Serving.Tests.Clients;

public class EngineChatClientTests
{
    private const string Call = "Hm.<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": 2.5}}</tool_call>";

    [Fact]
    public async Task Answers_stream_and_come_whole_with_usage()
    {
        (IChatClient client, ScriptedEngine engine) = Make((_, seed) => $"héllo {seed}");
        var options = new ChatOptions
        {
            Instructions = "be brief",
            Temperature = 0.7f,
            TopP = 0.9f,
            TopK = 5,
            Seed = 9,
            MaxOutputTokens = 50,
            StopSequences = ["zz"],
            PresencePenalty = 0.1f,
            FrequencyPenalty = 0.2f,
            AdditionalProperties = new() { ["min_p"] = 0.25, ["ignored"] = "x" },
        };
        ChatResponse whole = await client.GetResponseAsync([new(ChatRole.User, "hi")], options);
        Assert.Equal("héllo 9", whole.Text);
        Assert.Equal((ChatFinishReason.Stop, "scripted"), (whole.FinishReason, whole.ModelId));
        Assert.Equal((engine.LastRequest!.Prompt.Count, 8L), (whole.Usage!.InputTokenCount, whole.Usage.OutputTokenCount));
        Assert.Equal((0.7, 0.9, 5, 0.25, 0.1, 0.2, 50), (engine.LastRequest.Sampling.Temperature, engine.LastRequest.Sampling.TopP, engine.LastRequest.Sampling.TopK, engine.LastRequest.Sampling.MinP, engine.LastRequest.Sampling.PresencePenalty, engine.LastRequest.Sampling.FrequencyPenalty, engine.LastRequest.MaxTokens));
        Assert.Contains("<|im_start|>system\nbe brief", engine.Tokenizer.Decode([.. engine.LastRequest.Prompt]), StringComparison.Ordinal);
        var text = new StringBuilder();
        int updates = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync([new(ChatRole.User, "hi")], options))
        {
            text.Append(update.Text);
            updates++;
        }
        Assert.Equal(whole.Text, text.ToString());
        Assert.True(updates > 5);
    }

    [Fact]
    public async Task Tools_are_declared_and_their_calls_come_back()
    {
        (IChatClient client, ScriptedEngine engine) = Make((prompt, _) => prompt.Contains("tool_response", StringComparison.Ordinal) ? "It is 3.5." : Call);
        AIFunction add = AIFunctionFactory.Create((double a, double b) => a + b, "add", "Adds two numbers.");
        var messages = new List<ChatMessage> { new(ChatRole.User, "1 + 2.5?") };
        ChatResponse asked = await client.GetResponseAsync(messages, new ChatOptions { Tools = [add] });
        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        FunctionCallContent call = Assert.Single(asked.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal("add", call.Name);
        Assert.Equal(2.5, ((JsonElement)call.Arguments!["b"]!).GetDouble());
        Assert.Contains("Adds two numbers.", engine.Tokenizer.Decode([.. engine.LastRequest!.Prompt]), StringComparison.Ordinal);
        messages.AddMessages(asked);
        messages.Add(new(ChatRole.Tool, [new FunctionResultContent(call.CallId, await add.InvokeAsync(new AIFunctionArguments(call.Arguments)))]));
        ChatResponse answered = await client.GetResponseAsync(messages, new ChatOptions { Tools = [add] });
        Assert.Equal("It is 3.5.", answered.Text);
    }

    [Fact]
    public async Task What_makes_no_sense_is_an_argument_exception()
    {
        (IChatClient client, _) = Make((_, _) => "x");
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new(ChatRole.User, "x")], new ChatOptions { Temperature = -1 }));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new(ChatRole.User, "x")], new ChatOptions { ModelId = "other" }));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new(ChatRole.User, [new UriContent("http://x/y.png", "image/png")])]));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new(ChatRole.User, new string('x', 5000))]));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([]));
    }

    [Fact]
    public async Task The_engine_and_metadata_can_be_asked_for()
    {
        (IChatClient client, ScriptedEngine engine) = Make((_, _) => "x");
        Assert.Same(engine, client.GetService<Athanor.Inference.Generation.IEngine>());
        Assert.Equal("scripted", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        using var generator = new EngineEmbeddingGenerator(new ServedModel("scripted", engine));
        GeneratedEmbeddings<Embedding<float>> vectors = await generator.GenerateAsync(["one", "two"]);
        Assert.Equal([8, 8], vectors.Select(vector => vector.Vector.Length));
        Assert.Equal(8, vectors.Usage!.InputTokenCount);
        Assert.Equal(8, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["x"], new EmbeddingGenerationOptions { Dimensions = 99 }));
    }

    private static (IChatClient, ScriptedEngine) Make(Func<string, long, string> script)
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, script);
        return (new EngineChatClient(new ServedModel("scripted", engine)), engine);
    }
}
