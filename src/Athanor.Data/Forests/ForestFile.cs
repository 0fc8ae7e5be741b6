using System.Runtime.InteropServices;
using System.Text;
using Athanor.Data.LanguageModels;
using Athanor.Runs.Files;

namespace Athanor.Data.Forests;

/// <summary>
/// Forests as a file, little-endian:
/// <code>
/// "ATHFORST"; u32 version 1; u32 features
/// u32 labels, each u32 bytes and UTF-8; u32 fields, likewise
/// u32 trees; each u32 nodes: i32 feature, f32 threshold, i32 left, i32 right; u32 shares: f32
/// u32 CRC-32C of all that
/// </code>
/// </summary>
internal static class ForestFile
{
    public const string FileName = "forest.bin";
    private const int Version = 1, LongestName = 1 << 16, NodeBytes = 16;

    public static void Save(RandomForest forest, string path) => AtomicFile.Write(path, stream =>
    {
        using var writer = new ChecksumWriter(stream);
        writer.Write("ATHFORST"u8);
        writer.Write((uint)Version);
        writer.Write((uint)forest.Features);
        Names(writer, forest.Labels);
        Names(writer, forest.Fields);
        writer.Write((uint)forest.Trees.Length);
        foreach (ForestTree tree in forest.Trees)
        {
            writer.Write((uint)tree.Nodes.Length);
            writer.WriteLong(tree.Nodes);
            writer.Write((uint)tree.Shares.Length);
            writer.WriteLong(tree.Shares);
        }
        writer.End();
    });

    /// <summary>Reads a file or the folder that holds it.</summary>
    /// <exception cref="InvalidDataException">It is damaged or something else.</exception>
    public static RandomForest Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
            throw new InvalidDataException($"{path} is no forest: a folder with {FileName}. `train_forest` makes one.");
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Read(file, stream);
    }

    internal static RandomForest Read(string name, Stream stream)
    {
        var reader = new ChecksumReader(name, stream, "forest");
        Span<byte> magic = stackalloc byte[8];
        reader.Read(magic);
        if (!magic.SequenceEqual("ATHFORST"u8))
            throw reader.Damaged("it does not begin with ATHFORST");
        if (reader.UInt32() is var version && version != Version)
            throw reader.Damaged($"its version is {version}; this program reads {Version}");
        uint features = reader.UInt32();
        string[] labels = Names(reader), fields = Names(reader);
        uint count = reader.UInt32();
        if (features is 0 or > int.MaxValue || labels.Length < 2 || count == 0)
            throw reader.Damaged("its header is impossible");
        var trees = new ForestTree[reader.Bounded(count, NodeBytes)];
        for (int i = 0; i < trees.Length; i++)
        {
            var nodes = new ForestNode[reader.Bounded(reader.UInt32(), NodeBytes)];
            reader.Read(MemoryMarshal.AsBytes(nodes.AsSpan()));
            float[] shares = new float[reader.Bounded(reader.UInt32(), sizeof(float))];
            reader.Read(MemoryMarshal.AsBytes(shares.AsSpan()));
            trees[i] = new ForestTree(nodes, shares);
            if (!IsSound(trees[i], (int)features, labels.Length))
                throw reader.Damaged($"its tree {i} is impossible");
        }
        reader.End();
        return new RandomForest(labels, fields, (int)features, trees);
    }

    /// <summary>Nodes lead on, never back: every search ends in a leaf.</summary>
    private static bool IsSound(ForestTree tree, int features, int labels)
    {
        for (int i = 0; i < tree.Nodes.Length; i++)
        {
            ForestNode node = tree.Nodes[i];
            bool sound = node.Feature < 0 ? node.Left >= 0 && node.Left <= tree.Shares.Length - labels
                : node.Feature < features && node.Left > i && node.Right > i && node.Left < tree.Nodes.Length && node.Right < tree.Nodes.Length;
            if (!sound)
                return false;
        }
        return tree.Nodes.Length > 0;
    }

    private static void Names(ChecksumWriter writer, IReadOnlyList<string> names)
    {
        writer.Write((uint)names.Count);
        foreach (string name in names)
        {
            byte[] text = Encoding.UTF8.GetBytes(name);
            writer.Write((uint)text.Length);
            writer.Write(text);
        }
    }

    private static string[] Names(ChecksumReader reader)
    {
        string[] names = new string[reader.Bounded(reader.UInt32(), sizeof(uint))];
        for (int i = 0; i < names.Length; i++)
        {
            uint length = reader.UInt32();
            if (length > LongestName)
                throw reader.Damaged("a name is too long");
            byte[] text = new byte[reader.Bounded(length, 1)];
            reader.Read(text);
            names[i] = Encoding.UTF8.GetString(text);
        }
        return names;
    }
}
