using System.Runtime.CompilerServices;
using Athanor.Inference.Cache;
using Athanor.Inference.Generation;
using Athanor.Inference.Scheduling;
using Athanor.Models;
using Athanor.Models.Adaptation;
using Athanor.Tokenizers;

namespace Athanor.Inference.Running;

/// <summary>
/// Answers many requests at once with one model. A thread of its own computes steps: each step takes tokens of all texts that run, as one row, through the model.
/// A text's tokens and log-probabilities are, to the bit, those it would get alone and in one pass.
/// </summary>
public sealed partial class InferenceEngine : IEngine
{
    private readonly EngineModel _model;
    private readonly EngineOptions _options;
    private readonly bool _ownsModel;
    private readonly int _treeBlocks;

    /// <summary>An engine that runs until it is disposed.</summary>
    /// <param name="ownsModel">Disposes the model with itself.</param>
    /// <exception cref="ArgumentException">A setting is impossible, or the cache has no room for a block of tokens.</exception>
    public InferenceEngine(Decoder model, Tokenizer tokenizer, EngineOptions? options = null, bool ownsModel = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        options ??= new EngineOptions();
        CacheSize size = CacheSize.Of(model.Config, options.CacheType ?? model.DType, options);
        _options = options;
        _ownsModel = ownsModel;
        var pool = new BlockPool(size.Blocks, options.BlockSize);
        int[] treeBlocks = TreeBlocks(pool, options);
        _runner = new ModelRunner(model, new PagedStore(model.Device, model.Config, options.CacheType ?? model.DType, size.Blocks, options.BlockSize), treeBlocks);
        _treeBlocks = treeBlocks.Length;
        _model = new EngineModel(model, tokenizer, options, pool, size.ContextLength)
        {
            Runner = _runner,
            Speculation = options.Speculator is null ? null : new SpeculationState(options, treeBlocks.Length * options.BlockSize),
        };
        _scheduler = new Scheduler(pool, new SchedulerOptions(options.TokenBudget, options.MaxSequences, model.Config.SlidingWindow), _runner.CopyBlock);
        Status = new EngineStatus { TotalBlocks = size.Blocks };
        _thread = new Thread(Loop) { IsBackground = true, Name = "athanor-engine" };
        _thread.Start();
    }

    // Room for guesses that branch: as many rows as a step has, unless that is more than an eighth of the cache.
    private static int[] TreeBlocks(BlockPool pool, EngineOptions options)
    {
        int wanted = options.Speculator is null ? 0 : (options.TokenBudget + options.BlockSize - 1) / options.BlockSize;
        if (wanted > pool.Blocks / 8)
            return [];
        var blocks = new int[wanted];
        for (int i = 0; i < wanted; i++)
            pool.TryTake(out blocks[i]);
        return blocks;
    }

    /// <inheritdoc/>
    public Tokenizer Tokenizer => _model.Tokenizer;

    /// <inheritdoc/>
    public int ContextLength => _model.ContextLength;

    /// <inheritdoc/>
    public int EmbeddingSize => _model.Decoder.Config.Width;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Adapters => [.. _model.Adapters.Keys];

    /// <inheritdoc/>
    public EngineStatus Status
    {
        get
        {
            // The queue is as it is now, not as it was when the last step began: a machine that others use may take long for a step.
            int waiting = Volatile.Read(ref _queued);
            return Volatile.Read(ref field) with { Waiting = waiting, ExpectedWait = _pace.ExpectedWait(waiting) };
        }
        private set => Volatile.Write(ref field, value);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellation = default)
    {
        RequestCheck.Check(request, _model, Adapters);
        return Answer(request, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<float[]> EmbedAsync(IReadOnlyList<int> tokens, CancellationToken cancellation = default)
    {
        RequestCheck.CheckTokens(tokens, _model, _model.ContextLength, nameof(tokens));
        var task = new EmbeddingTask(_model, [.. tokens]);
        Submit(task, 0);
        try
        {
            return await task.Result.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Cancel(task);
        }
    }

    private async IAsyncEnumerable<GenerationChunk> Answer(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        GenerationRequest own = request with { Prompt = [.. request.Prompt] };
        TextTask task = own.Beams > 0 ? new BeamTask(_model, own) : new AnswerTask(_model, own);
        Submit(task, request.Priority);
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Cancel(task), null);
        try
        {
            await foreach (GenerationChunk part in task.Parts.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return part;
        }
        finally
        {
            Cancel(task);
        }
    }

    /// <summary>Ends the thread and gives the cache back; requests that are not done fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        _wake.Set();
        await Task.Run(_thread.Join).ConfigureAwait(false);
        _runner.Dispose();
        _wake.Dispose();
        if (!_ownsModel)
            return;
        foreach (LoraAdapter adapter in _options.Adapters)
            adapter.Dispose();
        _model.Decoder.Dispose();
    }
}
