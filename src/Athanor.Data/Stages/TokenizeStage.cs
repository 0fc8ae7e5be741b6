using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Shards;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>tokenize</c>.</summary>
public sealed record TokenizeSettings
{
    /// <summary>Whether every document in the shards ends with the tokenizer's end token. The trainer puts such tokens around documents itself; other readers of shards may want them in the file.</summary>
    public bool EndToken { get; init; }

    /// <summary>Training shards hold about this many tokens.</summary>
    [Range(1_000, 1L << 40)]
    public long ShardTokens { get; init; } = 100_000_000;

    /// <summary>Threads; the result does not depend on it.</summary>
    [Operational, Range(1, 1024)]
    public int? Threads { get; init; }
}

/// <summary>Turns documents into token shards.</summary>
public static class TokenizeStage
{
    private const int BatchCharacters = 1 << 21;

    internal static StageKind Kind { get; } = StageKind.Of<TokenizeSettings>("tokenize", "2", "Turns documents into token shards, a set for training and one for each that is held out.", DataStages.Tokens, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64), new StageInput(DataStages.Tokenizer)],
    };

    private static Task Run(StageContext context, TokenizeSettings settings, CancellationToken cancellation)
    {
        Tokenizer tokenizer = Tokenizer.Load(context.Input(DataStages.Tokenizer).Folder);
        int? end = !settings.EndToken ? null : tokenizer.EosId ?? throw new InvalidDataException("The tokenizer has no end token (eos_token). Leave end_token out, or train one with special_tokens.");
        byte[] fingerprint = TokenizerFingerprint.Of(tokenizer);
        Artifact[] inputs = [.. context.Inputs.Where(input => input.Produces == DataStages.Documents)];
        (string Set, string[] Files)[] sets = [("train", [.. inputs.Select(input => input.PathOf(DocumentFile.Name))]),
            .. inputs.SelectMany(input => DocumentSets.HeldOut(input).Select(set => (set, input.PathOf(DocumentSets.FileOf(set))))).GroupBy(pair => pair.set, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => (group.Key, group.Select(pair => pair.Item2).ToArray()))];
        context.Progress.Expect(sets.Sum(set => set.Files.Sum(file => new FileInfo(file).Length)), "bytes");
        var sizes = new Dictionary<string, TokenSetSize>(StringComparer.Ordinal);
        long done = 0;
        var work = new TokenBatch();
        for (int i = 0; i < sets.Length; i++)
        {
            (string set, string[] files) = sets[i];
            bool training = i == 0;
            using var shards = new ShardSeries(number => Path.Combine(context.Output, training ? string.Create(CultureInfo.InvariantCulture, $"train-{number:00000}.shard") : $"val-{set}.shard"),
                tokenizer.VocabularySize, fingerprint, training ? settings.ShardTokens : long.MaxValue);
            long bytes = 0, characters = 0;
            foreach (string file in files)
            {
                long length = new FileInfo(file).Length, before = bytes;
                foreach ((List<Document> documents, List<ReadOnlyMemory<byte>> batch) in Batches(DocumentFile.Read(file)))
                {
                    tokenizer.EncodeBatch(batch, work, EncodeOptions.None, settings.Threads ?? 0, cancellation);
                    for (int document = 0; document < batch.Count; document++)
                    {
                        shards.Add(work[document], end, documents[document]);
                        bytes += batch[document].Length;
                        characters += Characters(batch[document].Span);
                    }
                    context.Progress.Report(done + Math.Min(length, bytes - before), $"{shards.Tokens:N0} tokens");
                }
                context.Progress.Report(done += length);
            }
            shards.Complete(cancellation);
            sizes.Add(training ? "" : set, new TokenSetSize(shards.Documents, shards.Tokens, bytes, characters));
        }
        TokenSetSize train = sizes[""];
        sizes.Remove("");
        new TokenSetSummary { Train = train, Val = sizes, Vocabulary = tokenizer.VocabularySize, EndToken = end, Tokenizer = Convert.ToHexStringLower(fingerprint) }.Write(context.Output);
        context.Note("tokens", train.Tokens);
        context.Note("characters_per_token", Math.Round((double)train.Characters / Math.Max(1, train.Tokens - (end is null ? 0 : train.Documents)), 3));
        foreach ((string set, TokenSetSize size) in sizes)
            context.Note($"val_{set}_tokens", size.Tokens);
        return Task.CompletedTask;
    }

    /// <summary>Unicode code points: every byte but those that go on with a character.</summary>
    private static long Characters(ReadOnlySpan<byte> utf8)
    {
        long count = 0;
        foreach (byte value in utf8)
            count += (value & 0xC0) != 0x80 ? 1 : 0;
        return count;
    }

    private static IEnumerable<(List<Document> Documents, List<ReadOnlyMemory<byte>> Texts)> Batches(IEnumerable<Document> documents)
    {
        var batch = new List<ReadOnlyMemory<byte>>();
        var from = new List<Document>();
        long length = 0;
        foreach (Document document in documents)
        {
            batch.Add(Encoding.UTF8.GetBytes(document.Text));
            from.Add(document);
            length += document.Text.Length;
            if (length < BatchCharacters)
                continue;
            yield return (from, batch);
            batch.Clear();
            from.Clear();
            length = 0;
        }
        if (batch.Count > 0)
            yield return (from, batch);
    }
}
