using System.Globalization;

namespace Athanor.Tokenizers.Chat;

/// <summary>The <c>attribute=</c> argument of filters: a name, a number, or several with dots between.</summary>
internal static class AttributePath
{
    public static object? Get(object? value, object? path, object? fallback = null)
    {
        if (path is null)
            return value;
        if (path is not string text)
            return Step(value, path, fallback);
        foreach (string part in text.Split('.'))
        {
            bool number = part.Length > 0 && part.All(char.IsAsciiDigit) && long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _);
            value = Step(value, number ? long.Parse(part, CultureInfo.InvariantCulture) : part, fallback);
        }
        return value;
    }

    private static object? Step(object? value, object key, object? fallback)
    {
        object? found = Lookup.Item(value, key);
        return found is UndefinedValue && fallback is not null ? fallback : found;
    }
}
