using System.Globalization;

namespace Athanor.Data.Shards;

/// <summary>Where a token of a shard came from.</summary>
/// <param name="Shard">The shard's file name.</param>
/// <param name="Token">The token's number in the shard.</param>
/// <param name="Document">The number of its document in the shard.</param>
/// <param name="Place">The token's number in its document.</param>
/// <param name="Length">Tokens of the document.</param>
/// <param name="Lineage">The document.</param>
public sealed record TokenTrace(string Shard, long Token, long Document, long Place, int Length, ShardDocument Lineage)
{
    /// <summary>Traces a token of a set: training shards count as one stream, in their order.</summary>
    /// <param name="folder">A folder that tokenization wrote.</param>
    /// <param name="token">The token's number in the stream.</param>
    /// <param name="set">Null for training, else the name of a set that is held out.</param>
    /// <exception cref="ShardException">There is no such token or no lineage.</exception>
    public static TokenTrace Find(string folder, long token, string? set = null)
    {
        string[] shards = Shards(folder, set);
        long before = 0;
        foreach (string path in shards)
        {
            using TokenShard shard = TokenShard.Open(path);
            if (token >= 0 && token - before < shard.Tokens)
            {
                long document = shard.DocumentOf(token - before), start = shard.Start(document);
                return new TokenTrace(Path.GetFileName(path), token - before, document, token - before - start, shard.Length(document), LineageFile.Find(path, document));
            }
            before += shard.Tokens;
        }
        throw new ShardException(folder, string.Create(CultureInfo.InvariantCulture, $"there is no token {token}; the set has {before}. Give a number from 0 to {before - 1}."));
    }

    /// <summary>The document of a set by its number, shards in their order.</summary>
    public static TokenTrace FindDocument(string folder, long document, string? set = null)
    {
        long before = 0;
        foreach (string path in Shards(folder, set))
        {
            using TokenShard shard = TokenShard.Open(path);
            if (document >= 0 && document - before < shard.Documents)
                return new TokenTrace(Path.GetFileName(path), shard.Start(document - before), document - before, 0, shard.Length(document - before), LineageFile.Find(path, document - before));
            before += shard.Documents;
        }
        throw new ShardException(folder, string.Create(CultureInfo.InvariantCulture, $"there is no document {document}; the set has {before}. Give a number from 0 to {before - 1}."));
    }

    private static string[] Shards(string folder, string? set)
    {
        string[] shards = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, set is null ? "train-*.shard" : $"val-{set}.shard").Order(StringComparer.Ordinal)] : [];
        return shards.Length > 0 ? shards : throw new ShardException(folder, set is null ? "it holds no train-*.shard. Give a folder that tokenization wrote." : $"it holds no val-{set}.shard.");
    }
}
