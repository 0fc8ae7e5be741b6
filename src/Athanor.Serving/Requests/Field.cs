using System.Globalization;
using System.Text.Json;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Requests;

/// <summary>Checks of single fields; what is wrong names the field as the request wrote it.</summary>
internal static class Field
{
    public static double InRange(double value, string name, double least, double most) =>
        value >= least && value <= most ? value : throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'{name}' is {value}; it has to be from {least} to {most}."), name);

    public static int InRange(int value, string name, int least, int most) =>
        value >= least && value <= most ? value : throw ApiException.Invalid(most == int.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"'{name}' is {value}; it has to be at least {least}.")
            : string.Create(CultureInfo.InvariantCulture, $"'{name}' is {value}; it has to be from {least} to {most}."), name);

    public static string Text(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw ApiException.Invalid($"'{name}' has to be a string.", name);
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid($"'{name}' holds half a surrogate pair, which is no text.", name);
        }
    }

    /// <summary>A string or a list of strings.</summary>
    public static string[] Texts(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.String => [Text(value, name)],
        JsonValueKind.Array => [.. value.EnumerateArray().Select((one, i) => Text(one, $"{name}[{i}]"))],
        _ => throw ApiException.Invalid($"'{name}' has to be a string or a list of strings.", name),
    };

    /// <summary>A name that the client chose, short enough for an error.</summary>
    public static string Shown(string name) => name.Length > 32 ? name[..32] + "…" : name;

    public static int Token(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) ? id : throw ApiException.Invalid($"'{name}' has to be a token id.", name);
}
