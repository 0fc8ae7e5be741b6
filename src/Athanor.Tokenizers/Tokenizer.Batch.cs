namespace Athanor.Tokenizers;

public sealed partial class Tokenizer
{
    /// <summary>The tokens of many UTF-8 texts, in their order, encoded by several threads; the result does not depend on how many.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="options">How special tokens are treated.</param>
    /// <param name="threads">Threads at most; 0 for one a processor.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was asked for.</exception>
    public int[][] EncodeBatch(
        IReadOnlyList<ReadOnlyMemory<byte>> texts, EncodeOptions options = EncodeOptions.None, int threads = 0, CancellationToken cancellation = default) =>
        Batch(texts.Count, threads, (i, buffer) => Encode(texts[i].Span, buffer, options), cancellation);

    /// <summary>The tokens of many texts, in their order, encoded by several threads; the result does not depend on how many.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="options">How special tokens are treated.</param>
    /// <param name="threads">Threads at most; 0 for one a processor.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was asked for.</exception>
    public int[][] EncodeBatch(
        IReadOnlyList<string> texts, EncodeOptions options = EncodeOptions.None, int threads = 0, CancellationToken cancellation = default) =>
        Batch(texts.Count, threads, (i, buffer) => Encode(texts[i].AsSpan(), buffer, options), cancellation);

    /// <summary>As <see cref="EncodeBatch(IReadOnlyList{ReadOnlyMemory{byte}}, EncodeOptions, int, CancellationToken)"/> into arrays that are used again.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="output">Gets the tokens in place of those it had.</param>
    /// <param name="options">How special tokens are treated.</param>
    /// <param name="threads">Threads at most; 0 for one a processor.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was asked for.</exception>
    public void EncodeBatch(
        IReadOnlyList<ReadOnlyMemory<byte>> texts, TokenBatch output, EncodeOptions options = EncodeOptions.None, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(output);
        output.Fill(texts.Count, threads, (i, buffer) => Encode(texts[i].Span, buffer, options), cancellation);
    }

    private static int[][] Batch(int count, int threads, Action<int, TokenBuffer> encode, CancellationToken cancellation)
    {
        var results = new int[count][];
        if (threads == 1 || count <= 1)
        {
            var buffer = new TokenBuffer();
            for (int i = 0; i < count; i++)
                One(i, buffer);
            return results;
        }
        var settings = new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? -1 : threads, CancellationToken = cancellation };
        Parallel.For(0, count, settings, () => new TokenBuffer(), (i, _, buffer) => One(i, buffer), _ => { });
        return results;

        TokenBuffer One(int i, TokenBuffer buffer)
        {
            cancellation.ThrowIfCancellationRequested();
            buffer.Clear();
            encode(i, buffer);
            results[i] = buffer.Ids.ToArray();
            return buffer;
        }
    }
}
