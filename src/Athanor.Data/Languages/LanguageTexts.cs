using System.Runtime.InteropServices;
using System.Text;
using Athanor.Data.Documents;

namespace Athanor.Data.Languages;

/// <summary>
/// Text in many languages that a machine has: messages of programs (gettext catalogues under a folder of locales) and the .NET SDK's. Each string counts once a language; originals are English.
/// </summary>
internal sealed class LanguageTexts(int mostCharacters)
{
    private const int Shortest = 12, LongestFile = 64 << 20;

    private readonly Dictionary<string, StringBuilder> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<(string Language, ulong Hash)> _seen = [];

    /// <summary>Where Unix systems keep catalogues.</summary>
    public static string Locales => "/usr/share/locale";

    /// <summary>The SDK that runs this program, or the runtime's neighbour; null where there is none.</summary>
    public static string? Sdk
    {
        get
        {
            string sdk = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "sdk"));
            return Directory.Exists(sdk) ? sdk : null;
        }
    }

    /// <summary>Lines of text, by language.</summary>
    public IReadOnlyDictionary<string, StringBuilder> Texts => _texts;

    /// <summary>Files that held text.</summary>
    public int Files { get; private set; }

    /// <summary>Reads the catalogues under a folder of locales: <c>de/LC_MESSAGES/*.mo</c>.</summary>
    public void ReadCatalogues(string folder, CancellationToken cancellation = default)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string locale in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            string messages = Path.Combine(locale, "LC_MESSAGES");
            if (LanguageCode.Of(Path.GetFileName(locale)) is not { } language || !Directory.Exists(messages))
                continue;
            foreach (string file in Directory.EnumerateFiles(messages, "*.mo").Order(StringComparer.Ordinal).Where(IsReadable))
            {
                cancellation.ThrowIfCancellationRequested();
                Files++;
                foreach ((string original, string translation) in GettextCatalog.Read(File.ReadAllBytes(file)))
                {
                    Add("en", original);
                    if (translation != original)
                        Add(language, translation);
                }
            }
        }
    }

    /// <summary>Reads the satellite assemblies under a folder: <c>…/de/*.resources.dll</c>.</summary>
    public void ReadSatellites(string folder, CancellationToken cancellation = default)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*.resources.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(IsReadable))
        {
            cancellation.ThrowIfCancellationRequested();
            if (LanguageCode.Of(Path.GetFileName(Path.GetDirectoryName(file)!)) is not { } language)
                continue;
            Files++;
            foreach (string text in SatelliteResources.Read(File.ReadAllBytes(file)))
                Add(language, text);
        }
    }

    /// <summary>Adds the lines of a text that look like sentences and were not there before.</summary>
    public void Add(string language, string text)
    {
        StringBuilder? target = _texts.GetValueOrDefault(language);
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (target?.Length >= mostCharacters)
                return;
            ReadOnlySpan<char> trimmed = line.Trim();
            if (!IsProse(trimmed) || !_seen.Add((language, (ulong)ContentHash.Of(trimmed))))
                continue;
            if (target is null)
                _texts.Add(language, target = new StringBuilder());
            foreach (char letter in trimmed)
            {
                // Marks of keyboard shortcuts.
                if (letter is not ('_' or '&'))
                    target.Append(letter);
            }
            target.Append('\n');
        }
    }

    private static bool IsReadable(string file) => new FileInfo(file) is { Length: > 0 and <= LongestFile, Exists: true };

    private static bool IsProse(ReadOnlySpan<char> line)
    {
        int letters = 0, bytes = 0;
        foreach (char unit in line)
        {
            letters += char.IsLetter(unit) || char.GetUnicodeCategory(unit) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark || char.IsSurrogate(unit) || unit == ' ' ? 1 : 0;
            bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        }
        return bytes >= Shortest && letters * 10 >= line.Length * 8;
    }
}
