using Athanor.Data.Documents;
using Athanor.Data.Shards;
using Athanor.Runs.Progress;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Evaluation;

namespace Athanor.Training.Stages;

/// <summary>
/// The sources and validation sets of <c>tokens</c> artifacts: <c>train-*.shard</c> and <c>val-NAME.shard</c> in the artifact's folder, and folders of further sources with the same. One artifact's own
/// shards are the source <c>train</c>; where there are several artifacts, sources are named by their stages. <c>documents</c> artifacts are tokenized on the way: <c>documents.jsonl</c> and
/// <c>val-NAME.jsonl</c>.
/// </summary>
internal sealed class TokenFolders : IDisposable
{
    public TokenFolders(IEnumerable<Artifact> inputs, Tokenizer tokenizer)
    {
        Artifact[] all = [.. inputs.Where(input => input.Produces is "tokens" or "documents")];
        try
        {
            foreach (Artifact artifact in all)
            {
                string prefix = all.Length == 1 ? "" : artifact.Manifest.Stage;
                if (artifact.Produces == "documents")
                {
                    AddDocuments(artifact, prefix, tokenizer);
                    continue;
                }
                Add(artifact.Folder, prefix.Length > 0 ? prefix : "train", prefix);
                foreach (string folder in Directory.EnumerateDirectories(artifact.Folder).Order(StringComparer.Ordinal))
                    Add(folder, Join(prefix, Path.GetFileName(folder)), Join(prefix, Path.GetFileName(folder)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public List<TokenSource> Sources { get; } = [];

    public List<ValidationSet> Validation { get; } = [];

    /// <summary>Text of the training documents, in UTF-8 bytes; 0 where not known.</summary>
    public long TrainBytes { get; private set; }

    public long TrainDocuments { get; private set; }

    public long TrainTokens { get; private set; }

    /// <summary>Ids of another tokenizer are other words, even where they are in range.</summary>
    /// <exception cref="InvalidDataException">Shards were made by another one.</exception>
    public void RequireTokenizer(Tokenizer tokenizer, string folder)
    {
        byte[] fingerprint = TokenizerFingerprint.Of(tokenizer);
        foreach ((string what, TokenSource source) in Sources.Select(source => ($"The source '{source.Name}'", source)).Concat(Validation.Select(set => ($"The validation set '{set.Name}'", set.Source))))
        {
            if (!source.Tokenizer.SequenceEqual(fingerprint))
                throw new InvalidDataException(FormattableString.Invariant($"{what} was made by another tokenizer (vocabulary {source.VocabularySize}) than the one in {folder} (vocabulary {tokenizer.VocabularySize}). Tokenize again with this one, or give the one that made the shards."));
        }
    }

    /// <summary>Drops validation sets without a token, which have no loss.</summary>
    public void LeaveOutEmpty(StageProgress progress)
    {
        foreach (ValidationSet set in Validation.Where(set => set.Source.Tokens == 0).ToArray())
        {
            progress.Say($"The validation set '{set.Name}' is empty and is left out. Hold out more to measure on it.");
            Validation.Remove(set);
            set.Source.Dispose();
        }
    }

    private void Add(string folder, string name, string prefix)
    {
        TokenSetSummary? summary = TokenSetSummary.TryRead(folder);
        string[] shards = [.. Directory.EnumerateFiles(folder, "train-*.shard").Order(StringComparer.Ordinal)];
        if (shards.Length > 0)
        {
            Sources.Add(TokenSource.Open(name, shards));
            TrainBytes += summary?.Train.Bytes ?? 0;
            TrainTokens += summary?.Train.Tokens ?? 0;
            TrainDocuments += summary?.Train.Documents ?? 0;
        }
        foreach (string path in Directory.EnumerateFiles(folder, "val-*.shard").Order(StringComparer.Ordinal))
        {
            string set = Path.GetFileNameWithoutExtension(path)["val-".Length..];
            TokenSetSize? size = summary?.Val.GetValueOrDefault(set);
            Validation.Add(new ValidationSet(Join(prefix, set), TokenSource.Open(set, path), size?.Bytes ?? 0, size?.Characters ?? 0));
        }
    }

    private void AddDocuments(Artifact artifact, string prefix, Tokenizer tokenizer)
    {
        var source = new TextSource(prefix.Length > 0 ? prefix : "train", artifact.PathOf(DocumentFile.Name), tokenizer);
        Sources.Add(source);
        TrainBytes += source.Bytes;
        TrainTokens += source.Tokens;
        TrainDocuments += source.Documents;
        foreach (string path in Directory.EnumerateFiles(artifact.Folder, "val-*.jsonl").Order(StringComparer.Ordinal))
        {
            string set = Path.GetFileNameWithoutExtension(path)["val-".Length..];
            var held = new TextSource(set, path, tokenizer);
            (long bytes, long characters) = held.Count();
            Validation.Add(new ValidationSet(Join(prefix, set), held, bytes, characters));
        }
    }

    private static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

    public void Dispose()
    {
        foreach (TokenSource source in Sources)
            source.Dispose();
        foreach (ValidationSet set in Validation)
            set.Source.Dispose();
    }
}
