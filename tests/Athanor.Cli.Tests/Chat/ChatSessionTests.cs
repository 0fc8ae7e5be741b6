using System.Runtime.CompilerServices;
using Athanor.Cli.Chat;
using Microsoft.Extensions.AI;

namespace Athanor.Cli.Tests.Chat;

public sealed class ChatSessionTests : IDisposable
{
    private readonly EchoClient _client = new();
    private readonly StringWriter _notes = new();
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_file);
        _notes.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task Each_message_is_answered_with_all_that_was_said_before()
    {
        string output = await Type("hello", "again", "/exit", "not read");
        Assert.Equal("1:hello\n3:again\n", output);
        Assert.Empty(_notes.ToString());
    }

    [Fact]
    public async Task Lines_join_in_blocks_and_behind_backslashes()
    {
        string output = await Type("one\\", "two", "\"\"\"", "three", "", "four\"\"\"", "\"\"\"five\"\"\"", "//slash", "   ");
        Assert.Equal("1:one\ntwo\n3:three\n\nfour\n5:five\n7:/slash\n", output);
    }

    [Fact]
    public async Task What_was_said_can_be_answered_again_taken_back_and_forgotten()
    {
        string output = await Type("/retry", "/undo", "a", "/retry", "b", "/undo", "c", "/reset", "d");
        Assert.Equal("1:a\n1:a\n3:b\n3:c\n1:d\n", output);
        Assert.Contains("there is no message to answer again", _notes.ToString(), StringComparison.Ordinal);
        Assert.Contains("there is nothing to take back", _notes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_is_saved_and_goes_on()
    {
        await Type("/system be kind", "hé", $"/save {_file}");
        Assert.Contains("\"hé\"", File.ReadAllText(_file), StringComparison.Ordinal);
        Assert.Equal("4:next\n", await Type($"/load {_file}", "next"));
        Assert.Equal("be kind", _client.Messages[0].Text);
        File.WriteAllText(_file, "[5]");
        Assert.Equal("1:x\n", await Type($"/load {_file}", "/load nowhere-at-all", "/save", "x"));
        Assert.Contains("messages[0]", _notes.ToString(), StringComparison.Ordinal);
        Assert.Contains("nowhere-at-all", _notes.ToString(), StringComparison.Ordinal);
        Assert.Contains("/save FILE", _notes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_reach_the_model_by_their_names()
    {
        await Type("/set temperature 0.5", "/set top_k=7", "/set seed 3", "/set seed", "/set warmth 1", "/set top_k 1.5", "x");
        Assert.Equal(0.5, _client.Options!.AdditionalProperties!["temperature"]);
        Assert.Equal(7L, _client.Options.AdditionalProperties["top_k"]);
        Assert.False(_client.Options.AdditionalProperties.ContainsKey("seed"));
        Assert.Contains("There is no setting 'warmth'", _notes.ToString(), StringComparison.Ordinal);
        Assert.Contains("'1.5' is no whole number", _notes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_answer_stays_and_the_program_goes_on()
    {
        using var output = new StringWriter();
        var session = new ChatSession(_client, new StringReader("wait\nnext\n/stats"), output, _notes, interactive: false);
        _client.OnText = () => _client.Messages.Count == 1 ? session.StopAnswer() : false;
        await session.RunAsync(CancellationToken.None);
        Assert.Equal("1:\n3:next\n", output.ToString().ReplaceLineEndings("\n"));
        Assert.Contains("[stopped;", _notes.ToString(), StringComparison.Ordinal);
        Assert.Contains("2 answers", _notes.ToString(), StringComparison.Ordinal);
        Assert.False(session.StopAnswer());
    }

    [Fact]
    public async Task A_message_that_is_refused_is_taken_back()
    {
        Assert.Equal("1:ok\n", await Type("too long", "ok"));
        Assert.Contains("[too long for me]", _notes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_command_is_told_and_not_sent()
    {
        Assert.Equal("", await Type("/frobnicate now", "/help"));
        Assert.Contains("there is no /frobnicate", _notes.ToString(), StringComparison.Ordinal);
        Assert.Contains("/retry", _notes.ToString(), StringComparison.Ordinal);
    }

    private async Task<string> Type(params string[] lines)
    {
        using var output = new StringWriter();
        await new ChatSession(_client, new StringReader(string.Join('\n', lines)), output, _notes, interactive: false).RunAsync(CancellationToken.None);
        return output.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Says how many messages it got and the last one, in two pieces.</summary>
    private sealed class EchoClient : IChatClient
    {
        public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

        public ChatOptions? Options { get; private set; }

        public Func<bool>? OnText { get; set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            (Messages, Options) = ([.. messages], options);
            if (Messages[^1].Text == "too long")
                throw new ArgumentException("too long for me");
            yield return new ChatResponseUpdate(ChatRole.Assistant, $"{Messages.Count}:");
            if (OnText?.Invoke() == true)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, Messages[^1].Text);
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(new UsageDetails { InputTokenCount = 5, OutputTokenCount = 2 })]);
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
