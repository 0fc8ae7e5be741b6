using Athanor.Inference.Generation;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Athanor.Serving.Http;

/// <summary>What a client is told of what went wrong.</summary>
internal static partial class Failure
{
    public static ApiException Of(Exception error, RequestScope? scope, ServerState server)
    {
        switch (error)
        {
            case ApiException known:
                return known;
            case EngineOverloadedException full:
                return ApiException.Overloaded(full.Message, full.RetryAfter);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new ApiException(413, $"The body has more than {server.Options.Limits.MaxBodyBytes} bytes.", code: "body_too_large");
            case BadHttpRequestException bad:
                return new ApiException(bad.StatusCode, bad.Message);
            case OperationCanceledException when scope is not null:
                return scope.Reason();
            case OperationCanceledException:
                return ApiException.Unavailable("The server stopped this request.", TimeSpan.FromSeconds(5));
            default:
                Unexpected(server.Logger, error);
                return new ApiException(500, "The server failed at this request; its log says more.", "server_error", code: "internal_error");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed.")]
    private static partial void Unexpected(ILogger logger, Exception error);
}
