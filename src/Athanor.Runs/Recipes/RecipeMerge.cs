namespace Athanor.Runs.Recipes;

/// <summary>Lays one recipe over another: maps merge key by key, everything else is replaced.</summary>
internal static class RecipeMerge
{
    /// <summary>Keys that say what a map is: a map of another kind replaces, since its settings mean something else.</summary>
    private static readonly string[] Discriminators = ["use", "kind"];

    /// <summary>A new tree; the arguments stay as they are. Keys keep the order of the base, new ones follow.</summary>
    public static RecipeNode Merge(RecipeNode below, RecipeNode above)
    {
        if (below is not MappingNode lower || above is not MappingNode upper || OfAnotherKind(lower, upper))
            return above;
        var merged = new MappingNode(upper.Mark);
        foreach (MappingEntry entry in lower.Entries)
            merged.Set(entry.Key, entry.KeyMark, entry.Value);
        foreach (MappingEntry entry in upper.Entries)
            merged.Set(entry.Key, entry.KeyMark, merged[entry.Key] is { } value ? Merge(value, entry.Value) : entry.Value);
        return merged;
    }

    private static bool OfAnotherKind(MappingNode lower, MappingNode upper) =>
        Discriminators.Any(key => lower[key] is ScalarNode a && upper[key] is ScalarNode b && a.Text != b.Text);
}
