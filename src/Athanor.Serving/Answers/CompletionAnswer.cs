using System.Threading.Channels;
using Athanor.Inference.Generation;
using Athanor.Serving.Catalog;
using Athanor.Serving.Metrics;
using Athanor.Serving.Protocol;
using Athanor.Serving.Requests;

namespace Athanor.Serving.Answers;

/// <summary>A piece of one text of a completions request.</summary>
/// <param name="Index">The text: those of the first prompt come first.</param>
/// <param name="Text">Its next characters; the prompt's where it is echoed.</param>
/// <param name="Logprobs">The tokens that came with them, where asked for.</param>
/// <param name="Finish">In the last piece: why it ended.</param>
internal readonly record struct CompletionPiece(int Index, string Text, CompletionLogprobs? Logprobs, string? Finish);

/// <summary>Turns what an engine generates for the prompts of a completions request into pieces of texts, the same for streams and whole answers.</summary>
internal sealed class CompletionAnswer(ServedModel model, IReadOnlyList<CompletionTask> tasks, ModelMetrics metrics)
{
    private readonly Lock _lock = new();

    /// <summary>What the request cost; known when all pieces have come.</summary>
    public GenerationUsage? Usage { get; private set; }

    /// <summary>Texts of the answer.</summary>
    public int Texts => tasks.Sum(task => task.Request.Candidates);

    /// <summary>The pieces of all texts as they come.</summary>
    public IAsyncEnumerable<CompletionPiece> ReadAsync(CancellationToken cancellation) =>
        tasks.Count == 1 ? Pieces(tasks[0], 0, cancellation) : MergedAsync(cancellation);

    private async IAsyncEnumerable<CompletionPiece> MergedAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var channel = Channel.CreateBounded<CompletionPiece>(new BoundedChannelOptions(256) { SingleReader = true });
        Task[] sources = [.. tasks.Select((task, i) => CopyAsync(task, i * task.Request.Candidates))];
        Task end = Task.WhenAll(sources).ContinueWith(_ => channel.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (CompletionPiece piece in channel.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return piece;
        }
        finally
        {
            await all.CancelAsync().ConfigureAwait(false);
            await end.ConfigureAwait(false);
        }

        async Task CopyAsync(CompletionTask task, int first)
        {
            try
            {
                await foreach (CompletionPiece piece in Pieces(task, first, all.Token).ConfigureAwait(false))
                    await channel.Writer.WriteAsync(piece, all.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The first failure is the request's; the others need not go on.
                channel.Writer.TryComplete(e);
                await all.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<CompletionPiece> Pieces(CompletionTask task, int first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        bool scored = task.Request.LogProbs is not null;
        int[] offsets = new int[task.Request.Candidates];
        bool[] begun = new bool[task.Request.Candidates];
        CompletionLogprobs? promptScores = null;
        int promptEnd = 0;
        await foreach (GenerationChunk chunk in EngineChunks.Of(model, task.Request, metrics, cancellation).ConfigureAwait(false))
        {
            if (chunk.PromptLogProbs is { } prompt)
                promptScores = TokenScores.OfCompletion(task.Request.Prompt[0], prompt, ref promptEnd, model.Engine.Tokenizer);
            if (chunk.Usage is { } usage)
            {
                lock (_lock)
                    Usage = Protocol.Usage.Sum(Usage, usage);
            }
            int own = chunk.Candidate;
            if (!begun[own])
            {
                begun[own] = true;
                offsets[own] = promptEnd;
                if (task.Echo is { } echo)
                    yield return new CompletionPiece(first + own, echo, promptScores, null);
            }
            string? finish = chunk.Finish switch { null => null, FinishReason.Length => "length", _ => "stop" };
            if (chunk.Text.Length == 0 && finish is null && !(scored && chunk.LogProbs.Count > 0))
                continue;
            CompletionLogprobs? scores = scored ? TokenScores.OfCompletion(null, chunk.LogProbs, ref offsets[own], model.Engine.Tokenizer) : null;
            yield return new CompletionPiece(first + own, chunk.Text, scores, finish);
        }
    }
}
