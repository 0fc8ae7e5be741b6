using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Athanor.Cli;

/// <summary>JSON for machines that people can read as well: letters stay letters.</summary>
internal static class JsonText
{
    public static JsonWriterOptions Writer { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly JsonSerializerOptions Lines = new(Options) { WriteIndented = false };

    /// <summary>One object on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Lines);

    public static string Of<T>(T value) => JsonSerializer.Serialize(value, Options);
}
