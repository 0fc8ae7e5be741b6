using System.Text;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// Trains byte-level BPE exactly: at every step the pair with the highest count becomes a token, ties go to the lowest left id, then the lowest right id
/// (Sennrich et al. 2016, arXiv 1508.07909; tie-break and result as Hugging Face tokenizers and rustbpe). Counts have 64 bits.
/// </summary>
/// <remarks>
/// Special tokens never come out of merges: text that spells one stays several tokens. The result depends on the documents and options alone, not on threads,
/// memory or the order of documents.
/// </remarks>
public static class BpeTrainer
{
    /// <summary>Counts the pieces of a corpus and trains on them.</summary>
    public static BpeTrainingResult Train(
        DocumentSource source, PieceCounterOptions counting, BpeTrainerOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        return Train(PieceCounter.Count(source, counting, progress, cancellation), options, progress, cancellation);
    }

    /// <summary>Trains on counted pieces.</summary>
    /// <exception cref="ArgumentException">The options contradict each other or leave no room for the 256 bytes.</exception>
    /// <exception cref="InvalidOperationException">The pieces are too many to index, or their counts overflow 63 bits.</exception>
    public static BpeTrainingResult Train(PieceCounts pieces, BpeTrainerOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        int room = options.Validate();
        byte[] order = OrderedBytes.By(options.ByteOrder);
        var byteIds = new int[256];
        var tokens = new List<byte[]>(256);
        var lengths = new List<int>(256);
        for (int id = 0; id < 256; id++)
        {
            byteIds[order[id]] = id;
            tokens.Add([order[id]]);
            lengths.Add(1);
        }
        List<string> specials = [.. options.SpecialTokens];
        for (int i = 0; i < options.ReservedTokens; i++)
            specials.Add(BpeTrainerOptions.Reserved(i));
        HashSet<byte[]> forbidden = new(specials.Select(Encoding.UTF8.GetBytes), ByteStringComparer.Instance);

        var line = new PieceSymbols(pieces, byteIds, tokenize: null, lengthOf: null, cancellation);
        var learner = new BpeLearner(line, lengths, options.MinimumFrequency, options.MaxTokenBytes, options.Threads, cancellation);
        List<TrainedMerge> merges = [];
        LearnMerges(learner, tokens, merges, room, forbidden, progress, cancellation);

        int offset = options.SpecialTokenPlace == SpecialTokenPlace.Start ? specials.Count : 0;
        int firstSpecial = offset > 0 ? 0 : tokens.Count;
        List<AddedToken> added = [.. specials.Select((name, index) => new AddedToken(firstSpecial + index, name))];
        AddPadding(options.PadToMultiple, tokens, specials, added);
        return new BpeTrainingResult
        {
            Tokens = [.. tokens.Select((token, id) => KeyValuePair.Create(id + offset, token))],
            Merges = offset == 0 ? merges : [.. merges.Select(merge => new TrainedMerge(merge.Left + offset, merge.Right + offset, merge.Result + offset, merge.Count))],
            SpecialTokens = added,
            VocabularySize = tokens.Count + added.Count,
            StoppedEarly = merges.Count == room ? null
                : $"After {merges.Count} of {room} merges no pair occurs {options.MinimumFrequency} times or more" +
                  (options.MaxTokenBytes < int.MaxValue ? $" in tokens of at most {options.MaxTokenBytes} bytes" : "") +
                  $": the vocabulary has {tokens.Count + specials.Count} tokens instead of {options.VocabularySize}. Give more text, lower MinimumFrequency, or ask for a smaller vocabulary.",
            Counting = pieces.Statistics,
            PeakMergeBytes = learner.PeakMemory,
        };
    }

    /// <summary>Merges until there are <paramref name="room"/> merges or no pair is left, and appends tokens and merges.</summary>
    internal static void LearnMerges(
        BpeLearner learner, List<byte[]> tokens, List<TrainedMerge> merges, int room, HashSet<byte[]> forbidden, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        while (merges.Count < room && learner.TryPeek(out int left, out int right, out long count))
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] token = [.. tokens[left], .. tokens[right]];
            if (forbidden.Count > 0 && forbidden.Contains(token))
            {
                learner.Forbid();
                continue;
            }
            learner.Merge();
            merges.Add(new TrainedMerge(left, right, tokens.Count, count));
            tokens.Add(token);
            if ((merges.Count & 0xFF) == 0)
                progress?.Report(new TrainingProgress("merge", merges.Count, room));
        }
        progress?.Report(new TrainingProgress("merge", merges.Count, room));
    }

    private static void AddPadding(int multiple, List<byte[]> tokens, List<string> specials, List<AddedToken> added)
    {
        int size = tokens.Count + added.Count;
        int padded = checked((int)(((long)size + multiple - 1) / multiple * multiple));
        if (padded == size)
            return;
        HashSet<byte[]> taken = new(tokens.Concat(specials.Select(Encoding.UTF8.GetBytes)), ByteStringComparer.Instance);
        for (int name = 0; size < padded; name++)
        {
            if (taken.Add(Encoding.UTF8.GetBytes(BpeTrainerOptions.Reserved(name))))
                added.Add(new AddedToken(size++, BpeTrainerOptions.Reserved(name)));
        }
    }
}
