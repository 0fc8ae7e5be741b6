namespace Athanor.Data.Languages;

/// <summary>Names of locales as codes of languages.</summary>
internal static class LanguageCode
{
    /// <summary>The language of <c>pt_BR</c> or <c>zh-Hans</c>, as lid.176 calls it; null for scripts and joke variants that are not how the language is usually written.</summary>
    public static string? Of(string locale)
    {
        if (locale.Contains('@', StringComparison.Ordinal))
            return null;
        string language = locale.Split('_', '-')[0];
        return language switch
        {
            // Translations into English leave most messages out.
            "en" => null,
            "nb" => "no",
            "fil" => "tl",
            _ when language.Length is 2 or 3 && language.All(char.IsAsciiLetterLower) => language,
            _ => null,
        };
    }
}
