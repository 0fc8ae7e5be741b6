namespace Athanor.Serving.Protocol;

/// <summary>A request that is answered with an error of OpenAI's form.</summary>
internal sealed class ApiException(int status, string message, string type = "invalid_request_error", string? param = null, string? code = null) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string? Param { get; } = param;

    public string? Code { get; } = code;

    /// <summary>When to ask again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field that makes no sense.</summary>
    public static ApiException Invalid(string message, string? param = null, string? code = null) => new(400, message, param: param, code: code);

    public static ApiException Overloaded(string message, TimeSpan retryAfter) =>
        new(429, message, "rate_limit_error", code: "overloaded") { RetryAfter = retryAfter };

    public static ApiException Unavailable(string message, TimeSpan retryAfter) =>
        new(503, message, "server_error", code: "unavailable") { RetryAfter = retryAfter };

    public ErrorBody Body => new(new ErrorFields(Message, Type, Param, Code));
}
