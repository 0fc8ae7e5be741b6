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
            throw Explain(e, type);
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
    private static ApiException Explain(JsonException error, JsonTypeInfo body)
    {
        string? field = error.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
        if (error.Message.Contains("could not be converted", StringComparison.Ordinal))
            return ApiException.Invalid(field is null ? "The body has to be a JSON object." : $"'{field}' has to be {Expected(field, body)}.", field);
        if (error.Message.Contains("does not contain any JSON tokens", StringComparison.Ordinal))
            return ApiException.Invalid("The body is empty; it has to be a JSON object.");
        int at = error.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        return ApiException.Invalid($"The body is not valid JSON: {(at < 0 ? error.Message : error.Message[..at])}{Place(error)}");
    }

    private static string Place(JsonException error) => error.LineNumber is { } line ? $" (line {line + 1}, byte {error.BytePositionInLine})" : "";

    // The error names the type of the body, not that of the field.
    private static string Expected(string field, JsonTypeInfo body)
    {
        Type? type = body.Properties.FirstOrDefault(property => property.Name == field)?.PropertyType;
        return (type is null ? null : Nullable.GetUnderlyingType(type) ?? type) switch
        {
            { } of when of == typeof(int) || of == typeof(long) => "a whole number",
            { } of when of == typeof(double) => "a number",
            { } of when of == typeof(bool) => "true or false",
            { } of when of == typeof(string) => "a string",
            { } of when of == typeof(string[]) => "a list of strings",
            { } of when of == typeof(int[]) => "a list of whole numbers",
            _ => "of another type",
        };
    }
}
