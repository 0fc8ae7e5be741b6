using System.Buffers;
using System.Text;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.Training;

/// <summary>How words become tokens.</summary>
public enum WordAddition
{
    /// <summary>By merges behind all old ones: a word is a token where the pre-tokenizer makes it a piece, and parts of it may show up in other new words.</summary>
    Merges,

    /// <summary>As added tokens, which are cut out of the text before anything else, wherever no letter or digit touches them.</summary>
    AddedTokens,
}

/// <summary>Gives a byte-level BPE tokenizer more tokens for continued pretraining, without changing what the old ones are.</summary>
/// <remarks>
/// New merges stand behind all old ones, so a text is first merged exactly as before and only then further. Two guarantees follow (for merges, not for
/// added tokens, which change where text is cut around them): a text whose new encoding holds no new token has the ids it had; and new tokens replaced by
/// their <see cref="NewToken.OldIds"/> give the old ids of any text.
/// </remarks>
public static class VocabularyExtension
{
    /// <summary>The pre-tokenizer to count domain text with: the tokenizer's own.</summary>
    /// <exception cref="NotSupportedException">The tokenizer is not byte-level BPE behind one of the known pre-tokenizers.</exception>
    public static PieceScanner ScannerOf(Tokenizer tokenizer)
    {
        PreTokenizer? preTokenizer = tokenizer.Parts.PreTokenizer;
        PreTokenizer[] steps = preTokenizer is SequencePreTokenizer sequence ? [.. sequence.Steps] : preTokenizer is null ? [] : [preTokenizer];
        PieceScanner? scanner = steps switch
        {
            [ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: true }] => PieceScanners.Gpt2,
            [SplitPreTokenizer { IsolatesScanned: true } split] => split.Scanner,
            [SplitPreTokenizer { IsolatesScanned: true } split, ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: false }] => split.Scanner,
            _ => null,
        };
        return tokenizer.Model is ByteLevelBpe && scanner is not null ? scanner : throw new NotSupportedException(
            "Only byte-level BPE tokenizers behind one of the known pre-tokenizers can be extended: " + string.Join(", ", PieceScanners.All.Select(known => known.Name)) + ".");
    }

    /// <summary>Goes on merging where the tokenizer's training ended, on domain text counted with <see cref="ScannerOf"/>.</summary>
    /// <exception cref="NotSupportedException">See <see cref="ScannerOf"/>.</exception>
    public static VocabularyExtensionResult LearnMerges(
        Tokenizer tokenizer, PieceCounts domain, int newTokens, long minimumFrequency = 2, int maxTokenBytes = int.MaxValue, int threads = 2,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ScannerOf(tokenizer);
        ArgumentOutOfRangeException.ThrowIfNegative(newTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumFrequency, 1);
        var model = (ByteLevelBpe)tokenizer.Model;
        List<byte[]> tokens = TokensById(tokenizer, out HashSet<byte[]> taken);
        var lengths = new List<int>(tokens.Count + newTokens);
        lengths.AddRange(tokens.Select(token => token.Length));
        var buffer = new TokenBuffer();
        var line = new PieceSymbols(domain, [], Tokenize, id => lengths[id], cancellation);
        var learner = new BpeLearner(line, lengths, minimumFrequency, maxTokenBytes, threads, cancellation);
        List<TrainedMerge> merges = [];
        BpeTrainer.LearnMerges(learner, tokens, merges, newTokens, taken, progress, cancellation);
        return Extend(tokenizer, merges.ConvertAll(merge => (merge.Left, merge.Right)), tokens) with
        {
            StoppedEarly = merges.Count == newTokens ? null
                : $"After {merges.Count} of {newTokens} merges no pair occurs {minimumFrequency} times or more. Give more domain text, lower the minimum frequency, or ask for fewer tokens.",
        };

        ReadOnlySpan<int> Tokenize(int index, ReadOnlySpan<byte> piece)
        {
            buffer.Clear();
            model.Encode(piece, 0, buffer);
            return buffer.Ids;
        }
    }

    /// <summary>Adds whole words. Those that are tokens already, or that the pre-tokenizer cuts, are skipped with the reason.</summary>
    /// <param name="leadingSpace">Adds each word with the space before it, as it stands within a sentence; for merges only.</param>
    /// <exception cref="NotSupportedException">See <see cref="ScannerOf"/>.</exception>
    public static VocabularyExtensionResult AddWords(Tokenizer tokenizer, IEnumerable<string> words, WordAddition addition = WordAddition.Merges, bool leadingSpace = true)
    {
        PieceScanner scanner = ScannerOf(tokenizer);
        var model = (ByteLevelBpe)tokenizer.Model;
        List<byte[]> tokens = TokensById(tokenizer, out HashSet<byte[]> taken);
        int firstNew = tokens.Count;
        List<(string, string)> skipped = [];
        List<(int Left, int Right)> merges = [];
        List<AddedToken> added = [];
        var ranks = new Dictionary<(int Left, int Right), int>();
        var buffer = new TokenBuffer();
        foreach (string word in words)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(addition == WordAddition.Merges && leadingSpace ? " " + word : word);
            if (word.Length == 0 || taken.Contains(bytes))
            {
                skipped.Add((word, word.Length == 0 ? "is empty" : "is a token already"));
                continue;
            }
            if (addition == WordAddition.AddedTokens)
            {
                added.Add(new AddedToken(tokens.Count, word, SingleWord: true, Special: false));
                taken.Add(bytes);
                tokens.Add(bytes);
                continue;
            }
            if (scanner.NextEnd(bytes, 0) != bytes.Length)
            {
                skipped.Add((word, $"is cut by the pre-tokenizer {scanner.Name}; add it as an added token"));
                continue;
            }
            buffer.Clear();
            model.Encode(bytes, 0, buffer);
            List<int> ids = [.. buffer.Ids];
            for (int pair = FindLowest(ids, ranks); pair >= 0; pair = FindLowest(ids, ranks))
                Merge(ids, (ids[pair], ids[pair + 1]), firstNew + ranks[(ids[pair], ids[pair + 1])]);
            int before = merges.Count;
            while (ids.Count > 1)
            {
                (int left, int right) = (ids[0], ids[1]);
                byte[] token = [.. tokens[left], .. tokens[right]];
                if (!taken.Add(token))
                {
                    // A token that no merge makes, such as a special one, spelt out in the word.
                    skipped.Add((word, $"would need '{Encoding.UTF8.GetString(token)}', which is a token already but not made by merges"));
                    TakeBack(before);
                    break;
                }
                ranks.Add((left, right), merges.Count);
                merges.Add((left, right));
                tokens.Add(token);
                Merge(ids, (left, right), tokens.Count - 1);
            }
        }
        VocabularyExtensionResult result = Extend(tokenizer, merges, tokens);
        if (addition == WordAddition.AddedTokens)
        {
            result = result with
            {
                Tokenizer = new Tokenizer(tokenizer.Parts with { AddedTokens = [.. tokenizer.Parts.AddedTokens, .. added] }),
                NewTokens = [.. added.Select(token => new NewToken(token.Id, tokens[token.Id], tokenizer.Encode(token.Content)))],
            };
        }
        return result with { Skipped = skipped };

        void TakeBack(int count)
        {
            for (int i = merges.Count - 1; i >= count; i--)
            {
                ranks.Remove(merges[i]);
                taken.Remove(tokens[firstNew + i]);
            }
            tokens.RemoveRange(firstNew + count, merges.Count - count);
            merges.RemoveRange(count, merges.Count - count);
        }
    }

    /// <summary>The pieces of a text whose addition as words saves the most tokens, best first; of words of a language that is a list of its common words.</summary>
    public static IReadOnlyList<string> CommonWords(Tokenizer tokenizer, PieceCounts text, int count)
    {
        ScannerOf(tokenizer);
        var buffer = new TokenBuffer();
        var found = new List<(string Word, long Saved)>();
        for (int i = 0; i < text.Length; i++)
        {
            buffer.Clear();
            tokenizer.Model.Encode(text[i], 0, buffer);
            bool spaced = text[i].Length > 1 && text[i][0] == ' ';
            if (buffer.Count < 2 || !spaced || Rune.DecodeFromUtf8(text[i][1..], out Rune first, out _) != OperationStatus.Done || !Rune.IsLetter(first))
                continue;
            string word = Encoding.UTF8.GetString(text[i][1..]);
            if (!word.Contains('\uFFFD', StringComparison.Ordinal))
                found.Add((word, checked(text.Count(i) * (buffer.Count - 1))));
        }
        found.Sort((a, b) => a.Saved != b.Saved ? b.Saved.CompareTo(a.Saved) : string.CompareOrdinal(a.Word, b.Word));
        return [.. found.Take(count).Select(entry => entry.Word)];
    }

    /// <summary>What an extension does to held-out text.</summary>
    public static CompressionChange Compare(Tokenizer before, Tokenizer after, IEnumerable<ReadOnlyMemory<byte>> heldOut)
    {
        var change = new CompressionChange();
        foreach (ReadOnlyMemory<byte> text in heldOut)
            change = new CompressionChange(change.Bytes + text.Length, change.TokensBefore + before.CountTokens(text.Span), change.TokensAfter + after.CountTokens(text.Span));
        return change;
    }

    /// <summary>The bytes of all tokens by id, added ones left empty, and everything that no new token may spell.</summary>
    private static List<byte[]> TokensById(Tokenizer tokenizer, out HashSet<byte[]> taken)
    {
        Vocabulary vocabulary = tokenizer.Model.Vocabulary;
        taken = new HashSet<byte[]>(ByteStringComparer.Instance);
        for (int value = 0; value < 256; value++)
        {
            if (!vocabulary.TryGetId([(byte)value], out _))
                throw new NotSupportedException($"The tokenizer has no token for the byte 0x{value:X2}; only one with all 256 bytes can be extended.");
        }
        List<byte[]> tokens = [];
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            tokens.Add(vocabulary.Contains(id) ? vocabulary[id].ToArray() : []);
            taken.Add(tokens[id]);
        }
        taken.UnionWith(tokenizer.AddedTokens.Select(token => Encoding.UTF8.GetBytes(token.Content)));
        return tokens;
    }

    private static VocabularyExtensionResult Extend(Tokenizer tokenizer, List<(int Left, int Right)> merges, List<byte[]> tokens)
    {
        var model = (ByteLevelBpe)tokenizer.Model;
        int firstNew = tokenizer.VocabularySize;
        var oldIds = new List<int[]>();
        foreach ((int left, int right) in merges)
            oldIds.Add([.. Old(left), .. Old(right)]);
        IEnumerable<KeyValuePair<int, byte[]>> all = Enumerable.Range(0, model.Vocabulary.Count).Where(model.Vocabulary.Contains)
            .Select(id => KeyValuePair.Create(id, model.Vocabulary[id].ToArray()))
            .Concat(merges.Select((_, index) => KeyValuePair.Create(firstNew + index, tokens[firstNew + index])));
        var extended = ByteLevelBpe.FromMerges(new Vocabulary(all), [.. model.Merges, .. merges], model.IgnoreMerges);
        return new VocabularyExtensionResult
        {
            Tokenizer = new Tokenizer(tokenizer.Parts with { Model = extended }),
            NewTokens = [.. merges.Select((_, index) => new NewToken(firstNew + index, tokens[firstNew + index], oldIds[index]))],
        };

        int[] Old(int id) => id < firstNew ? [id] : oldIds[id - firstNew];
    }

    private static int FindLowest(List<int> ids, Dictionary<(int, int), int> ranks)
    {
        (int best, int rank) = (-1, int.MaxValue);
        for (int i = 0; i + 1 < ids.Count; i++)
        {
            if (ranks.TryGetValue((ids[i], ids[i + 1]), out int found) && found < rank)
                (best, rank) = (i, found);
        }
        return best;
    }

    private static void Merge(List<int> ids, (int Left, int Right) pair, int merged)
    {
        int to = 0;
        for (int i = 0; i < ids.Count; i++)
        {
            bool match = i + 1 < ids.Count && (ids[i], ids[i + 1]) == pair;
            ids[to++] = match ? merged : ids[i];
            i += match ? 1 : 0;
        }
        ids.RemoveRange(to, ids.Count - to);
    }
}
