using System.Runtime.CompilerServices;
using Athanor.Inference.Generation;
using Athanor.Serving.Chat;

namespace Athanor.Serving.Answers;

/// <summary>Turns what an engine generates into the parts of chat answers: text, tool calls, ends. The only way from chunks to answers, streamed or whole, over HTTP or in process.</summary>
internal sealed class ChatAnswer(ChatTask task)
{
    private readonly List<ToolCallReader?> _readers = [];

    /// <summary>What the request cost; known when all parts have come.</summary>
    public GenerationUsage Usage { get; private set; } = new(task.Request.Prompt.Count, 0, 0);

    /// <summary>The parts of all choices as they come.</summary>
    public async IAsyncEnumerable<AnswerPart> Read(IAsyncEnumerable<GenerationChunk> chunks, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var spoken = new List<SpokenPart>();
        await foreach (GenerationChunk chunk in chunks.WithCancellation(cancellation).ConfigureAwait(false))
        {
            Usage = chunk.Usage ?? Usage;
            spoken.Clear();
            ToolCallReader? reader = Reader(chunk.Candidate);
            if (reader is null)
            {
                if (chunk.Text.Length > 0)
                    spoken.Add(new SpokenPart(chunk.Text, null));
            }
            else
            {
                reader.Feed(chunk.Text, spoken);
                if (chunk.Finish is not null)
                    reader.End(spoken);
            }
            // Tokens belong to the first part that they brought, or to one of their own.
            if (spoken.Count == 0 && chunk.LogProbs.Count > 0)
                spoken.Add(new SpokenPart("", null));
            for (int i = 0; i < spoken.Count; i++)
                yield return new AnswerPart { Choice = chunk.Candidate, Text = spoken[i].Text, Call = spoken[i].Call, LogProbs = i == 0 ? chunk.LogProbs : [] };
            if (chunk.Finish is { } finish)
            {
                string reason = finish == FinishReason.Length ? "length" : reader?.Calls > 0 ? "tool_calls" : "stop";
                yield return new AnswerPart { Choice = chunk.Candidate, Text = "", LogProbs = [], Finish = reason };
            }
        }
    }

    private ToolCallReader? Reader(int choice)
    {
        if (task.Tools is null)
            return null;
        while (_readers.Count <= choice)
            _readers.Add(task.Tools.NewReader());
        return _readers[choice];
    }
}
