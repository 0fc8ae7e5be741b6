namespace Athanor.Tensors.Safetensors;

/// <summary>
/// The weights of a model directory: one <c>model.safetensors</c>, or shards <c>model-00001-of-0000N.safetensors</c> with
/// <c>model.safetensors.index.json</c>.
/// </summary>
public sealed class SafetensorsSet : IDisposable
{
    /// <summary>The single file of a set that is not sharded.</summary>
    public const string FileName = "model.safetensors";

    /// <summary>The index of a sharded set.</summary>
    public const string IndexName = "model.safetensors.index.json";

    private readonly SortedDictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SafetensorsFile> _byTensor = new(StringComparer.Ordinal);

    private SafetensorsSet()
    {
    }

    /// <summary>The tensors' names, sorted.</summary>
    public IReadOnlyCollection<string> Names => _byTensor.Keys;

    /// <summary>The open files.</summary>
    public IReadOnlyCollection<SafetensorsFile> Files => _files.Values;

    /// <summary>Opens a directory, a single file, or an index.</summary>
    /// <exception cref="SafetensorsException">A file breaks a rule, or a shard lacks a tensor that the index promises.</exception>
    /// <exception cref="IOException">A file is missing or cannot be opened.</exception>
    public static SafetensorsSet Open(string path)
    {
        if (Directory.Exists(path))
        {
            string single = Path.Combine(path, FileName), index = Path.Combine(path, IndexName);
            path = File.Exists(single) || !File.Exists(index) ? single : index;
        }
        var set = new SafetensorsSet();
        try
        {
            if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
                set.AddShards(path);
            else
                set.AddFile(path);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>The file and entry of a tensor; false when the set has none of that name.</summary>
    public bool TryFind(string name, out SafetensorsFile file, out SafetensorsEntry entry)
    {
        bool found = _byTensor.TryGetValue(name, out file!);
        entry = found ? file[name] : null!;
        return found;
    }

    /// <summary>
    /// Writes the weights of a directory: one file when they fit in <paramref name="shardBytes"/>, else shards and an index. All files are written and
    /// flushed beside their places before the first is renamed; weights files of an earlier save that the new set does not use are removed at the end.
    /// </summary>
    /// <param name="tensors">Tensors in model order: shards are cut in this order.</param>
    /// <param name="shardBytes">Most bytes of tensors in a shard; a larger tensor has one of its own.</param>
    public static void Save(string directory, IReadOnlyList<SafetensorsSource> tensors, long shardBytes = 5_000_000_000, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellation = default)
    {
        List<List<SafetensorsSource>> shards = Cut(tensors, shardBytes, out long total);
        var written = new List<AtomicFile>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
            for (int i = 0; i < shards.Count; i++)
            {
                string name = shards.Count == 1 ? FileName : $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
                names.Add(name);
                foreach (SafetensorsSource tensor in shards[i])
                {
                    if (!map.TryAdd(tensor.Name, name))
                        throw new ArgumentException($"Two tensors are called '{tensor.Name}'; names in a set are distinct.", nameof(tensors));
                }
                written.Add(SafetensorsWriter.WriteTemporary(Path.Combine(directory, name), shards[i], metadata, cancellation));
            }
            if (shards.Count > 1)
            {
                byte[] json = new SafetensorsIndex(total, map).ToJson();
                var file = new AtomicFile(Path.Combine(directory, IndexName), json.Length);
                written.Add(file);
                file.Stream.Write(json);
                file.Finish();
                names.Add(IndexName);
            }
            cancellation.ThrowIfCancellationRequested();
            foreach (AtomicFile file in written)
                file.Place();
        }
        finally
        {
            foreach (AtomicFile file in written)
                file.Dispose();
        }
        RemoveOld(directory, names);
    }

    public void Dispose()
    {
        foreach (SafetensorsFile file in _files.Values)
            file.Dispose();
    }

    private void AddFile(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        _files.Add(Path.GetFileName(path), file);
        foreach (SafetensorsEntry entry in file.Entries)
            _byTensor.Add(entry.Name, file);
    }

    private void AddShards(string path)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach ((string tensor, string name) in SafetensorsIndex.Read(path).WeightMap)
        {
            if (!_files.TryGetValue(name, out SafetensorsFile? file))
                _files.Add(name, file = SafetensorsFile.Open(Path.Combine(directory, name)));
            if (file.Header.Find(tensor) is null)
                throw new SafetensorsException(path, tensor, $"the index places it in {name}, which does not hold it.", "Fetch or save the whole set again.");
            _byTensor.Add(tensor, file);
        }
    }

    private static List<List<SafetensorsSource>> Cut(IReadOnlyList<SafetensorsSource> tensors, long shardBytes, out long total)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardBytes, 1);
        List<List<SafetensorsSource>> shards = [[]];
        long filled = 0;
        total = 0;
        foreach (SafetensorsSource tensor in tensors)
        {
            if (shards[^1].Count > 0 && filled > shardBytes - Math.Min(tensor.Length, shardBytes))
            {
                shards.Add([]);
                filled = 0;
            }
            shards[^1].Add(tensor);
            filled += tensor.Length;
            total += tensor.Length;
        }
        return shards;
    }

    private static void RemoveOld(string directory, HashSet<string> keep)
    {
        foreach (string path in Directory.GetFiles(directory, "model*.safetensors*"))
        {
            string name = Path.GetFileName(path);
            bool shard = name.Length == "model-00001-of-00002.safetensors".Length && name.StartsWith("model-", StringComparison.Ordinal) && name.Contains("-of-", StringComparison.Ordinal);
            if ((shard || name is FileName or IndexName) && !keep.Contains(name))
                File.Delete(path);
        }
    }
}
