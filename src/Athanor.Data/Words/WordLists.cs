namespace Athanor.Data.Words;

/// <summary>Lists by language. A worker only reads them.</summary>
internal sealed class WordLists
{
    private const int MostWords = 1_000_000;
    private static readonly string[] Unbounded = ["ja", "th", "zh"];

    /// <summary>Unmistakable English terms of pornography. Short on purpose: words that also have a harmless sense are left to lists that a user chooses.</summary>
    private static readonly string[] Own =
    [
        "porn", "porno", "pornography", "pornhub", "xhamster", "xnxx", "xvideos", "blowjob", "blow job", "handjob", "cumshot", "cum shot", "gangbang", "gang bang", "creampie", "deepthroat", "deep throat", "bukkake",
        "hentai", "milf", "camgirl", "cam girls", "sex cam", "sex tape", "nude pics", "hardcore sex", "anal sex", "upskirt", "escort girls", "fuck me", "horny",
    ];

    private readonly Dictionary<string, WordList> _byLanguage = new(StringComparer.OrdinalIgnoreCase);
    private WordList? _all, _own;

    /// <summary>Reads lists.</summary>
    /// <param name="path">A file for all languages, a folder of files named by language, or null.</param>
    /// <param name="builtIn">Also use the list above.</param>
    /// <param name="allow">Words that are left out.</param>
    /// <exception cref="InvalidDataException">There is no list, or it is no list.</exception>
    public static WordLists Load(string? path, bool builtIn, IReadOnlyList<string> allow)
    {
        var allowed = new HashSet<string>(allow, StringComparer.OrdinalIgnoreCase);
        var lists = new WordLists { _own = builtIn ? new WordList(Own.Where(word => !allowed.Contains(word)), bounded: true) : null };
        if (path is null)
            return lists;
        if (File.Exists(path))
        {
            lists._all = Read(path, allowed);
            return lists;
        }
        if (!Directory.Exists(path))
            throw new InvalidDataException($"There is no file or folder '{path}' with lists of words.");
        foreach (string file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file);
            // A copy of the repository has a readme, a licence and the like beside the lists.
            if (IsLanguage(Path.GetFileNameWithoutExtension(file)) && Path.GetExtension(file) is "" or ".txt")
                lists._byLanguage[Path.GetFileNameWithoutExtension(name)] = Read(file, allowed);
        }
        return lists._byLanguage.Count > 0 ? lists : throw new InvalidDataException($"The folder '{path}' holds no list of words: files named by language codes, such as en or ja.txt, with a word or phrase a line.");
    }

    /// <summary>The lists that apply to a language: those of the language itself, and those for all.</summary>
    public IEnumerable<WordList> For(string language)
    {
        string code = language.Split('-', '_')[0];
        if (_byLanguage.TryGetValue(language, out WordList? list) || _byLanguage.TryGetValue(code, out list))
            yield return list;
        if (_all is not null)
            yield return _all;
        if (_own is not null)
            yield return _own;
    }

    private static bool IsLanguage(string name) => name.Length is >= 2 and <= 16 && name.Split('-')[0] is { Length: 2 or 3 } code && code.All(char.IsAsciiLetterLower);

    private static WordList Read(string file, HashSet<string> allowed)
    {
        var words = new List<string>();
        foreach (string line in File.ReadLines(file))
        {
            string word = line.Trim();
            if (word.Contains('\0', StringComparison.Ordinal) || word.Length > 200)
                throw new InvalidDataException($"{file}:{words.Count + 1}: this is no word. A list has a word or phrase a line, in UTF-8.");
            if (word.Length > 0 && !allowed.Contains(word))
                words.Add(word);
            if (words.Count > MostWords)
                throw new InvalidDataException($"{file}: the list has more than {MostWords} words.");
        }
        string language = Path.GetFileNameWithoutExtension(file);
        return words.Count > 0 ? new WordList(words, !Unbounded.Contains(language)) : throw new InvalidDataException($"{file}: the list is empty.");
    }
}
