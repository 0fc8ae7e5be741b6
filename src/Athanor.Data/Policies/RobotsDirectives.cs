namespace Athanor.Data.Policies;

/// <summary>
/// Reads what pages and servers tell crawlers: the content of <c>&lt;meta name="robots"&gt;</c> and of the header <c>X-Robots-Tag</c>, with <c>agent:</c> before what is meant for one
/// crawler alone.
/// </summary>
internal static class RobotsDirectives
{
    private static readonly HashSet<string> WithValue = new(StringComparer.OrdinalIgnoreCase) { "max-snippet", "max-image-preview", "max-video-preview", "unavailable_after" };

    /// <summary>The directives that count for everybody or for one of the agents, in lower case.</summary>
    /// <param name="text">Directives parted by commas, statements by semicolons or line ends.</param>
    /// <param name="agents">Names of crawlers whose directives count too.</param>
    public static IEnumerable<string> Read(string text, IReadOnlyCollection<string> agents)
    {
        foreach (string statement in text.Split(';', '\n'))
        {
            bool counts = true;
            foreach (string part in statement.Split(','))
            {
                string directive = part.Trim();
                int colon = directive.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0 && !WithValue.Contains(directive[..colon].Trim()))
                {
                    // An agent's name holds for the rest of the statement.
                    counts = agents.Contains(directive[..colon].Trim(), StringComparer.OrdinalIgnoreCase);
                    directive = directive[(colon + 1)..].Trim();
                }
                if (counts && directive.Length > 0)
                    yield return directive.ToLowerInvariant();
            }
        }
    }
}
