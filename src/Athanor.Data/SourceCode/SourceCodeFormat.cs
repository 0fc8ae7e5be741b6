using System.Collections.Concurrent;
using Athanor.Data.Charsets;
using Athanor.Data.Documents;
using Athanor.Data.Readers;

namespace Athanor.Data.SourceCode;

/// <summary>
/// Trees of source code, a document a file: its language by its name, its licence by its head or else by the nearest licence file above it, and whether it is generated or
/// minified, as metadata. Folders of packages and version control are passed over.
/// </summary>
/// <param name="languages">Languages that are taken; all where empty.</param>
/// <param name="generated">Whether generated and minified files are taken; they are marked either way.</param>
/// <param name="foreign">Whether folders of packages (vendor, node_modules) are read.</param>
/// <param name="limits">What is borne.</param>
internal sealed class SourceCodeFormat(IReadOnlyList<string> languages, bool generated, bool foreign, ReadLimits limits) : WholeFileFormat(limits)
{
    private static readonly string[] LicenceFiles = ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "COPYING", "COPYING.txt", "LICENSE-MIT", "LICENSE-APACHE"];
    private readonly ConcurrentDictionary<string, string?> _licences = new(StringComparer.Ordinal);

    public override IReadOnlyList<string> Endings => SourceLanguages.Endings;

    public override bool Takes(string name) =>
        (foreign || !SourceOrigin.IsForeign(name)) && SourceLanguages.Of(name) is { } language && (languages.Count == 0 || languages.Contains(language, StringComparer.OrdinalIgnoreCase));

    private protected override Document? Make(FilePart part, DecodedText text, ReadProblems problems)
    {
        if (text.Text.AsSpan().Trim().IsEmpty)
            return null;
        string? why = SourceOrigin.Generated(part.Name, text.Text), language = SourceLanguages.Of(part.Path);
        bool minified = language is not ("Markdown" or "reStructuredText" or "TeX") && SourceOrigin.IsMinified(text.Text);
        if (!generated && (why is not null || minified))
        {
            problems.Add(new ReadProblem(ReadProblemKind.NotAsked, part.Name, 0, why is not null ? $"the file is generated: {why}" : "the file is minified"));
            return null;
        }
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["path"] = part.Name };
        Add("language", language);
        Add("generated", why);
        Add("minified", minified ? "true" : null);
        if (SourceLicence.Find(text.Text) is { } own)
            (metadata["licence"], metadata["licence_from"]) = (own, "header");
        else if (Above(part) is { } above)
            (metadata["licence"], metadata["licence_from"]) = (above, "folder");
        return new Document(part.Name, text.Text.Replace("\r\n", "\n", StringComparison.Ordinal)) { Metadata = metadata, Origin = new DocumentOrigin(part.Name, 0) };

        void Add(string name, string? value)
        {
            if (value is not null)
                metadata[name] = value;
        }
    }

    /// <summary>The licence of the nearest folder that has a licence file, not above the one that is read.</summary>
    private string? Above(FilePart part)
    {
        string? folder = Path.GetDirectoryName(part.Path);
        for (int depth = part.Name.Count(c => c == '/'); folder is not null && depth >= 0; depth--, folder = Path.GetDirectoryName(folder))
        {
            if (_licences.GetOrAdd(folder, Licence) is { } found)
                return found;
        }
        return null;
    }

    private static string? Licence(string folder)
    {
        foreach (string name in LicenceFiles)
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
                continue;
            char[] head = new char[4096];
            using var reader = new StreamReader(path);
            return SourceLicence.Find(new string(head, 0, reader.ReadBlock(head))) ?? "LicenseRef-Unknown";
        }
        return null;
    }
}
