using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace Athanor.Cli.Chat;

/// <summary>A conversation on the terminal: what was said, what is set, and commands that begin with a slash.</summary>
internal sealed class ChatSession(IChatClient client, TextReader input, TextWriter output, TextWriter notes, bool interactive)
{
    private const string Help = """
        /help             these lines
        /system TEXT      what the model is told before the conversation; alone shows it
        /reset            begins anew; the system text stays
        /retry            answers the last message again
        /undo             takes the last message and its answer back
        /save FILE        writes the conversation as JSON
        /load FILE        goes on with one
        /set NAME VALUE   temperature, top_p, top_k, min_p, typical_p, repetition_penalty, presence_penalty, frequency_penalty, max_tokens, seed; alone shows what is set
        /stats            tokens and times of this conversation
        /exit             leaves
        A line that ends with \ goes on in the next; three quotes begin and end a block; // begins a message with a slash. Ctrl+C stops an answer.
        """;

    private readonly ChatStatistics _statistics = new();
    private readonly ChatSettings _settings = new();
    private readonly List<ChatMessage> _messages = [];
    private readonly Lock _lock = new();
    private CancellationTokenSource? _answer;

    /// <summary>What the model is told before the conversation.</summary>
    public string System { get; set; } = "";

    /// <summary>The settings.</summary>
    public ChatSettings Settings => _settings;

    /// <summary>Stops the answer that is being written; false where there is none.</summary>
    public bool StopAnswer()
    {
        lock (_lock)
        {
            if (_answer is null)
                return false;
            _ = _answer.CancelAsync();
            return true;
        }
    }

    /// <summary>Reads and answers until the input ends or someone leaves.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var lines = new ChatInput(input, output, interactive);
        while (!cancellation.IsCancellationRequested && lines.Next() is { } line)
        {
            if (line.StartsWith('/') && !line.StartsWith("//", StringComparison.Ordinal))
            {
                if (!await CommandAsync(line, cancellation).ConfigureAwait(false))
                    return;
            }
            else if (line.Trim().Length > 0)
            {
                _messages.Add(new ChatMessage(ChatRole.User, line.StartsWith("//", StringComparison.Ordinal) ? line[1..] : line));
                await AnswerAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Obeys a command; false where it leaves.</summary>
    private async Task<bool> CommandAsync(string line, CancellationToken cancellation)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        string rest = words.Length > 1 ? words[1] : "";
        try
        {
            switch (words[0])
            {
                case "/exit" or "/quit":
                    return false;
                case "/help":
                    notes.WriteLine(Help);
                    break;
                case "/system":
                    if (rest.Length > 0)
                        System = rest;
                    Note(System.Length == 0 ? "no system text" : $"system: {System}");
                    break;
                case "/reset":
                    _messages.Clear();
                    Note("a new conversation");
                    break;
                case "/undo":
                    Note(Undo() ? $"{_messages.Count} messages are left" : "there is nothing to take back");
                    break;
                case "/retry" when _messages.Count == 0:
                    Note("there is no message to answer again");
                    break;
                case "/retry":
                    if (_messages[^1].Role == ChatRole.Assistant)
                        _messages.RemoveAt(_messages.Count - 1);
                    await AnswerAsync(cancellation).ConfigureAwait(false);
                    break;
                case "/save":
                    SavedChat.Write(Required(rest, "/save FILE"), System, _messages);
                    Note($"{_messages.Count} messages are in {rest}");
                    break;
                case "/load":
                    (string system, List<ChatMessage> messages) = SavedChat.Read(Required(rest, "/load FILE"));
                    System = system;
                    _messages.Clear();
                    _messages.AddRange(messages);
                    Note($"{_messages.Count} messages from {rest}");
                    break;
                case "/set":
                    if (rest.Length > 0)
                    {
                        string[] pair = rest.Split([' ', '='], 2, StringSplitOptions.TrimEntries);
                        _settings.Set(pair[0], pair.Length > 1 ? pair[1] : "");
                    }
                    Note(_settings.ToString());
                    break;
                case "/stats":
                    Note(_statistics.ToString());
                    break;
                default:
                    Note($"there is no {words[0]}; /help lists the commands, // begins a message with a slash");
                    break;
            }
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Note(e.Message);
        }
        return true;
    }

    private async Task AnswerAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (_lock)
            _answer = stop;
        var text = new StringBuilder();
        long start = Stopwatch.GetTimestamp();
        TimeSpan? first = null;
        UsageDetails? usage = null;
        try
        {
            IEnumerable<ChatMessage> all = System.Length > 0 ? [new ChatMessage(ChatRole.System, System), .. _messages] : _messages;
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(all, _settings.ToOptions(), stop.Token).ConfigureAwait(false))
            {
                usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details ?? usage;
                if (update.Text.Length == 0)
                    continue;
                first ??= Stopwatch.GetElapsedTime(start);
                text.Append(update.Text);
                output.Write(update.Text);
                output.Flush();
            }
            output.WriteLine();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            output.WriteLine();
            Note("stopped; what was written stays, /retry answers again");
        }
        catch (ArgumentException e)
        {
            Note(e.Message);
            Note(string.Create(CultureInfo.InvariantCulture, $"the message was taken back; {_messages.Count - 1} are left"));
            _messages.RemoveAt(_messages.Count - 1);
            return;
        }
        finally
        {
            lock (_lock)
                _answer = null;
        }
        _messages.Add(new ChatMessage(ChatRole.Assistant, text.ToString()));
        _statistics.Add(usage, first, Stopwatch.GetElapsedTime(start));
    }

    private bool Undo()
    {
        if (_messages.Count == 0)
            return false;
        while (_messages.Count > 0 && _messages[^1].Role == ChatRole.Assistant)
            _messages.RemoveAt(_messages.Count - 1);
        if (_messages.Count > 0)
            _messages.RemoveAt(_messages.Count - 1);
        return true;
    }

    private void Note(string text) => notes.WriteLine($"[{text}]");

    private static string Required(string value, string form) => value.Length > 0 ? value : throw new ArgumentException($"write {form}");
}
