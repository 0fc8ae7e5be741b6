using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Http;

/// <summary><c>OPTIONS</c>: browsers ask before they send; only pages of allowed origins come this far.</summary>
internal static class Preflight
{
    public static void Answer(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST";
        headers.AccessControlAllowHeaders = "Authorization, Content-Type";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
