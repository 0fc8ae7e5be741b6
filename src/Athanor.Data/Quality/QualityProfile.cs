namespace Athanor.Data.Quality;

/// <summary>Rules under a name, in the order in which they are asked. Where a family of signals changes the text (<c>c4</c>, <c>refinedweb</c>), rules behind it see the new one.</summary>
/// <param name="Name">The name in recipes.</param>
/// <param name="Meaning">Where the rules are from.</param>
/// <param name="Rules">The rules.</param>
public sealed record QualityProfile(string Name, string Meaning, IReadOnlyList<QualityRule> Rules)
{
    internal C4Rules C4 { get; init; } = new();

    /// <summary>All profiles.</summary>
    public static IReadOnlyList<QualityProfile> All { get; } = QualityProfiles.Make();

    /// <summary>The profile of a name, or null.</summary>
    public static QualityProfile? Find(string name) => All.FirstOrDefault(profile => profile.Name == name);
}
