using Athanor.Inference.Running;
using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Inference.Cache;

/// <summary>How many blocks a cache gets, and how long a text can be that fits it.</summary>
/// <param name="Blocks">Blocks.</param>
/// <param name="ContextLength">Most tokens of a text.</param>
internal readonly record struct CacheSize(int Blocks, int ContextLength)
{
    /// <summary>The blocks that the settings' bytes buy, but no more than all texts need at full length.</summary>
    /// <exception cref="ArgumentException">A setting is impossible, or the bytes buy no block.</exception>
    public static CacheSize Of(ModelConfig config, DType type, EngineOptions options)
    {
        Require(options.BlockSize is 16 or 32 or 64 or 128 or 256, $"A block of {options.BlockSize} tokens is not offered; give 16, 32, 64, 128 or 256.");
        Require(options.MaxSequences is > 0 and <= 4096, $"{options.MaxSequences} texts side by side are not possible; give 1 to 4096.");
        Require(options.TokenBudget >= options.MaxSequences, $"A step of {options.TokenBudget} tokens has no room for one of each of {options.MaxSequences} texts; give as many at least.");
        Require(options.MaxQueue >= 0, $"A queue of {options.MaxQueue} requests is not possible; give 0 or more.");
        Require(options.PriorityWeight >= 0, $"The priority's weight is {options.PriorityWeight}; give 0 or more.");
        Require(type is DType.F32 or DType.BF16 or DType.I8, $"Keys and values cannot be kept as {type}; F32, BF16 and I8 can.");
        Require(options.ContextLength >= 0, $"A context of {options.ContextLength} tokens is not possible; give 0 for the model's.");
        Require(config.Position != PositionKind.Learned || options.ContextLength <= config.ContextLength, $"The model has learned positions for {config.ContextLength} tokens and none beyond; a context of {options.ContextLength} is not possible.");
        int context = options.ContextLength > 0 ? options.ContextLength : config.ContextLength;
        long bytes = 2L * config.Layers * options.BlockSize * config.KeyValueHeads * (config.HeadSize * type.Size() + (type == DType.I8 ? sizeof(float) : 0));
        // A text under a sliding window holds the window and what a step adds, whatever its length.
        long live = config.SlidingWindow > 0 ? Math.Min(context, config.SlidingWindow + (long)options.TokenBudget + options.BlockSize) : context;
        long each = (live + options.BlockSize - 1) / options.BlockSize + 1, blocks = Math.Min(options.CacheBytes / bytes, options.MaxSequences * each);
        Require(blocks > 0, $"A cache of {options.CacheBytes:N0} bytes has no room for one block of {options.BlockSize} tokens, which takes {bytes:N0}. Give more bytes or smaller blocks.");
        Require(blocks * options.BlockSize <= int.MaxValue, $"A cache of {blocks} blocks of {options.BlockSize} tokens is too large; give fewer bytes.");
        return new CacheSize((int)blocks, blocks >= each ? context : (int)Math.Min(context, blocks * options.BlockSize));
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
            throw new ArgumentException(problem);
    }
}
