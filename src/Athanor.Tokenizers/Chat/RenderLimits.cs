namespace Athanor.Tokenizers.Chat;

/// <summary>What one rendering may cost: templates come with models and are not trusted.</summary>
public sealed record RenderLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static RenderLimits Default { get; } = new();

    /// <summary>Steps: nodes evaluated, items visited, and one for every 16 characters copied.</summary>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>Length of the rendered text and of every string on the way, in UTF-16 units.</summary>
    public int MaxTextLength { get; init; } = 16 << 20;

    /// <summary>Items of a list, tuple or dictionary that the template makes.</summary>
    public int MaxItems { get; init; } = 1_000_000;

    /// <summary>Macros that call macros, and values nested in values.</summary>
    public int MaxDepth { get; init; } = 100;
}
