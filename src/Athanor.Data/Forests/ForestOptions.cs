namespace Athanor.Data.Forests;

/// <summary>How a random forest is grown; the defaults are those of scikit-learn's classifier.</summary>
public sealed record ForestOptions
{
    /// <summary>Trees.</summary>
    public int Trees { get; init; } = 100;

    /// <summary>Splits above a leaf at most.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Examples in a leaf at least.</summary>
    public int MinLeaf { get; init; } = 1;

    /// <summary>Features looked at for a split; 0: the square root of all.</summary>
    public int FeaturesPerSplit { get; init; }

    /// <summary>Whether each tree sees as many examples as there are, drawn with replacement; else all.</summary>
    public bool Bootstrap { get; init; } = true;

    /// <summary>Of the draws.</summary>
    public long Seed { get; init; }
}
