namespace Athanor.Data.Shards;

/// <summary>A token shard that cannot be used: which file, what is wrong, what to do.</summary>
public sealed class ShardException(string path, string problem) : Exception($"{path}: {problem}")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
