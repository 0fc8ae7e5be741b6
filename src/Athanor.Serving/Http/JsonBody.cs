using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Http;

/// <summary>Reads bodies of requests and writes those of answers.</summary>
internal static class JsonBody
{
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.BodyReader, type, cancellation).ConfigureAwait(false)
                ?? throw ApiException.Invalid("The body is null; it has to be a JSON object.");
        }
        catch (JsonException e)
        {
            throw Explain(e);
        }
        catch (InvalidOperationException e)
        {
            throw ApiException.Invalid($"The body is not valid JSON: {e.Message}");
        }
    }

    public static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = 200)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Says what is wrong in words of the request instead of those of the code.</summary>
    private static ApiException Explain(JsonException error)
    {
        string? field = error.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
        if (error.Message.Contains("could not be converted", StringComparison.Ordinal))
            return ApiException.Invalid(field is null ? "The body has to be a JSON object." : $"'{field}' has to be {Expected(error.Message)}.", field);
        int at = error.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        return ApiException.Invalid($"The body is not valid JSON: {(at < 0 ? error.Message : error.Message[..at])}{Place(error)}");
    }

    private static string Place(JsonException error) => error.LineNumber is { } line ? $" (line {line + 1}, byte {error.BytePositionInLine})" : "";

    private static string Expected(string message) =>
        message.Contains("Int32", StringComparison.Ordinal) || message.Contains("Int64", StringComparison.Ordinal) ? "a whole number"
        : message.Contains("Double", StringComparison.Ordinal) ? "a number"
        : message.Contains("Boolean", StringComparison.Ordinal) ? "true or false"
        : message.Contains("System.String[]", StringComparison.Ordinal) ? "a list of strings"
        : message.Contains("System.String", StringComparison.Ordinal) ? "a string"
        : "of another type";
}
