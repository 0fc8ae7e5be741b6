using System.Runtime.InteropServices;

namespace Athanor.Data.Forests;

/// <summary>A split, or a leaf.</summary>
/// <param name="Feature">What is looked at; −1 for a leaf.</param>
/// <param name="Threshold">Examples at or below it go left.</param>
/// <param name="Left">The node on the left; of a leaf, where its shares of classes begin.</param>
/// <param name="Right">The node on the right.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ForestNode(int Feature, float Threshold, int Left, int Right);

/// <summary>A tree: nodes, the root first, each before those below it; and for each leaf the share of each class.</summary>
internal sealed record ForestTree(ForestNode[] Nodes, float[] Shares);

/// <summary>A random forest (Breiman 2001): the mean of what its trees say. Can be asked by several threads.</summary>
public sealed class RandomForest
{
    internal RandomForest(IReadOnlyList<string> labels, IReadOnlyList<string> fields, int features, ForestTree[] trees) =>
        (Labels, Fields, Features, Trees) = (labels, fields, features, trees);

    /// <summary>Its classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The metadata that hold its features.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Numbers that it looks at.</summary>
    public int Features { get; }

    internal ForestTree[] Trees { get; }

    /// <summary>The share of each class.</summary>
    /// <param name="features">As many as <see cref="Features"/>.</param>
    /// <param name="shares">As many as <see cref="Labels"/>.</param>
    public void Predict(ReadOnlySpan<float> features, Span<float> shares)
    {
        if (features.Length != Features || shares.Length != Labels.Count)
            throw new ArgumentException($"The forest takes {Features} features and tells {Labels.Count} shares.");
        shares.Clear();
        foreach (ForestTree tree in Trees)
        {
            ReadOnlySpan<float> leaf = tree.Shares.AsSpan(Leaf(tree, features), shares.Length);
            for (int i = 0; i < shares.Length; i++)
                shares[i] += leaf[i];
        }
        foreach (ref float share in shares)
            share /= Trees.Length;
    }

    private static int Leaf(ForestTree tree, ReadOnlySpan<float> features)
    {
        ref readonly ForestNode node = ref tree.Nodes[0];
        while (node.Feature >= 0)
            node = ref tree.Nodes[features[node.Feature] <= node.Threshold ? node.Left : node.Right];
        return node.Left;
    }
}
