namespace Athanor.Tokenizers;

/// <summary>The tokens of many texts in few large arrays, which are filled again and again: for shards and training batches, where an array a text would cost more than its tokens.</summary>
public sealed class TokenBatch
{
    /// <summary>Texts that one thread takes at a time: the bytes of its tokens stay in its cache and threads seldom meet.</summary>
    private const int TextsAtOnce = 16;

    private readonly List<TokenBuffer> _buffers = [];
    private int[] _starts = [], _ends = [];

    /// <summary>An empty batch; with <paramref name="withRanges"/> each token also gets its range of source bytes.</summary>
    public TokenBatch(bool withRanges = false) => WithRanges = withRanges;

    /// <summary>Whether the range of source bytes of each token is kept.</summary>
    public bool WithRanges { get; }

    /// <summary>The number of texts.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens of all texts together.</summary>
    public long TokenCount { get; private set; }

    /// <summary>The tokens of one text; valid until the batch is filled anew.</summary>
    public ReadOnlySpan<int> this[int text]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)text, (uint)Count, nameof(text));
            return _buffers[text / TextsAtOnce].Ids[_starts[text].._ends[text]];
        }
    }

    /// <summary>The source bytes of the tokens of one text, empty unless <see cref="WithRanges"/>.</summary>
    public ReadOnlySpan<ByteRange> Ranges(int text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)text, (uint)Count, nameof(text));
        return WithRanges ? _buffers[text / TextsAtOnce].Ranges[_starts[text].._ends[text]] : default;
    }

    /// <summary>Fills the batch with what <paramref name="encode"/> appends for each number from 0 on, called by several threads at once.</summary>
    internal void Fill(int count, int threads, Action<int, TokenBuffer> encode, CancellationToken cancellation)
    {
        Count = 0;
        TokenCount = 0;
        int parts = (int)(((long)count + TextsAtOnce - 1) / TextsAtOnce);
        while (_buffers.Count < parts)
            _buffers.Add(new TokenBuffer(WithRanges));
        if (_starts.Length < count)
            (_starts, _ends) = (new int[count], new int[count]);
        int workers = Math.Min(parts, threads == 0 ? Environment.ProcessorCount : threads);
        if (workers <= 1)
        {
            for (int part = 0; part < parts; part++)
                Part(part);
        }
        else
        {
            int next = -1;
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellation }, (_, state) =>
            {
                while (!state.ShouldExitCurrentIteration && Interlocked.Increment(ref next) is int part && part < parts)
                    Part(part);
            });
        }
        Count = count;
        for (int part = 0; part < parts; part++)
            TokenCount += _buffers[part].Count;

        void Part(int part)
        {
            cancellation.ThrowIfCancellationRequested();
            TokenBuffer buffer = _buffers[part];
            buffer.Clear();
            int end = (int)Math.Min(count, (part + 1L) * TextsAtOnce);
            for (int text = part * TextsAtOnce; text < end; text++)
            {
                _starts[text] = buffer.Count;
                encode(text, buffer);
                _ends[text] = buffer.Count;
            }
        }
    }
}
