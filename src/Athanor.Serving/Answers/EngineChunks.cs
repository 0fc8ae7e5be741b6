using System.Diagnostics;
using System.Runtime.CompilerServices;
using Athanor.Inference.Generation;
using Athanor.Serving.Catalog;
using Athanor.Serving.Metrics;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Answers;

/// <summary>What an engine generates, with the time it takes counted and refusals of requests told apart from failures.</summary>
internal static class EngineChunks
{
    public static async IAsyncEnumerable<GenerationChunk> Of(ServedModel model, GenerationRequest request, ModelMetrics? metrics, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        long[] last = new long[request.Candidates];
        await using IAsyncEnumerator<GenerationChunk> chunks = Begin(model, request, cancellation);
        bool begun = false;
        while (true)
        {
            try
            {
                if (!await chunks.MoveNextAsync().ConfigureAwait(false))
                    yield break;
            }
            catch (ArgumentException e) when (!begun)
            {
                throw ApiException.Invalid(Plain(e));
            }
            begun = true;
            GenerationChunk chunk = chunks.Current;
            if (metrics is not null)
                Count(chunk, metrics, start, last);
            yield return chunk;
        }
    }

    private static IAsyncEnumerator<GenerationChunk> Begin(ServedModel model, GenerationRequest request, CancellationToken cancellation)
    {
        try
        {
            return model.Engine.GenerateAsync(request, cancellation).GetAsyncEnumerator(cancellation);
        }
        catch (ArgumentException e)
        {
            throw ApiException.Invalid(Plain(e));
        }
    }

    private static void Count(GenerationChunk chunk, ModelMetrics metrics, long start, long[] last)
    {
        if (chunk.Usage is { } usage)
            metrics.Add(usage);
        if (chunk.Tokens.Count == 0)
            return;
        long now = Stopwatch.GetTimestamp();
        if (last[chunk.Candidate] == 0)
            metrics.FirstToken.Add(Stopwatch.GetElapsedTime(start, now));
        else
            metrics.BetweenTokens.Add(Stopwatch.GetElapsedTime(last[chunk.Candidate], now) / chunk.Tokens.Count, chunk.Tokens.Count);
        last[chunk.Candidate] = now;
    }

    /// <summary>The message without the name of a parameter, which is the code's own.</summary>
    private static string Plain(ArgumentException error)
    {
        int at = error.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return at < 0 ? error.Message : error.Message[..at];
    }
}
