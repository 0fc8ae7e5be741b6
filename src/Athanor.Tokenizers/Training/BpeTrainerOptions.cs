using System.Text;

namespace Athanor.Tokenizers.Training;

/// <summary>Where special and reserved tokens stand among the ids.</summary>
public enum SpecialTokenPlace
{
    /// <summary>Behind all others, as in GPT-4 and Llama 3: ids of ordinary tokens are their ranks.</summary>
    End,

    /// <summary>From id 0 on, as the Hugging Face and SentencePiece trainers do.</summary>
    Start,
}

/// <summary>What a byte-level BPE vocabulary is to be.</summary>
/// <param name="VocabularySize">All tokens: 256 bytes, special and reserved ones and as many merges as there is room for.</param>
public sealed record BpeTrainerOptions(int VocabularySize)
{
    /// <summary>Names of special tokens, in the order of their ids.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>How many tokens <c>&lt;|reserved_0|&gt;</c>, … stand behind the special ones for later use.</summary>
    public int ReservedTokens { get; init; }

    /// <summary>Where special and reserved tokens stand.</summary>
    public SpecialTokenPlace SpecialTokenPlace { get; init; }

    /// <summary>The order of the 256 bytes, which also decides ties.</summary>
    public ByteOrder ByteOrder { get; init; }

    /// <summary>A pair that is rarer is not merged; training ends when no other is left.</summary>
    public long MinimumFrequency { get; init; } = 2;

    /// <summary>The size is rounded up to a multiple of this with more reserved tokens at the end, as matrix kernels like it.</summary>
    public int PadToMultiple { get; init; } = 1;

    /// <summary>No token gets longer than this many bytes.</summary>
    public int MaxTokenBytes { get; init; } = int.MaxValue;

    /// <summary>Threads of the first count of pairs; the result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The number of merges that there is room for.</summary>
    /// <exception cref="ArgumentException">The options contradict each other or leave no room for the 256 bytes.</exception>
    internal int Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ReservedTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(PadToMultiple, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokenBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinimumFrequency, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in SpecialTokens)
        {
            if (string.IsNullOrEmpty(name))
                throw new ArgumentException("A special token has no name; leave it out or name it.");
            if (Encoding.UTF8.GetByteCount(name) == 1)
                throw new ArgumentException($"The special token '{name}' is a single byte, which is an ordinary token already; give it a longer name, such as '<|{name}|>'.");
            if (!seen.Add(name))
                throw new ArgumentException($"The special token '{name}' is given twice; give each once.");
        }
        for (int i = 0; i < ReservedTokens; i++)
        {
            if (seen.Contains(Reserved(i)))
                throw new ArgumentException($"The special token '{Reserved(i)}' has the name of a reserved token; name it otherwise or set ReservedTokens to 0.");
        }
        long fixedTokens = 256L + SpecialTokens.Count + ReservedTokens;
        if (VocabularySize < fixedTokens)
        {
            throw new ArgumentException(
                $"A vocabulary of {VocabularySize} tokens has no room for 256 bytes, {SpecialTokens.Count} special and {ReservedTokens} reserved tokens; " +
                $"ask for at least {fixedTokens}.");
        }
        return (int)(VocabularySize - fixedTokens);
    }

    internal static string Reserved(int index) => $"<|reserved_{index}|>";
}
