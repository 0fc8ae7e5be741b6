namespace Athanor.Data.Urls;

/// <summary>Takes addresses apart as they are written in crawls, without judging whether they are valid.</summary>
internal static class UrlText
{
    /// <summary>The host of an address, as written: without scheme, user, port and final dots.</summary>
    public static ReadOnlySpan<char> Host(ReadOnlySpan<char> url)
    {
        url = WithoutScheme(url.Trim());
        int end = url.IndexOfAny("/?#\\");
        if (end >= 0)
            url = url[..end];
        url = url[(url.LastIndexOf('@') + 1)..];
        if (url.StartsWith("["))
            return url.IndexOf(']') is >= 0 and int close ? url[..(close + 1)] : url;
        int port = url.IndexOf(':');
        return (port >= 0 ? url[..port] : url).TrimEnd('.');
    }

    /// <summary>An address in the form in which lists are compared: scheme, "www.", fragment and a final slash gone, the host in lower case.</summary>
    public static string Comparable(ReadOnlySpan<char> url)
    {
        url = WithoutScheme(url.Trim());
        int fragment = url.IndexOf('#');
        if (fragment >= 0)
            url = url[..fragment];
        int path = url.IndexOfAny("/?");
        ReadOnlySpan<char> host = path < 0 ? url : url[..path], rest = path < 0 ? default : url[path..].TrimEnd('/');
        host = host[(host.LastIndexOf('@') + 1)..];
        foreach (string port in (ReadOnlySpan<string>)[":80", ":443"])
        {
            if (host.EndsWith(port, StringComparison.Ordinal))
                host = host[..^port.Length];
        }
        host = host.TrimEnd('.');
        if (host.StartsWith("www.", StringComparison.OrdinalIgnoreCase))
            host = host[4..];
        return string.Concat(host.ToString().ToLowerInvariant(), rest);
    }

    /// <summary>What follows the scheme.</summary>
    public static ReadOnlySpan<char> WithoutScheme(ReadOnlySpan<char> url)
    {
        int colon = url.IndexOf("://", StringComparison.Ordinal);
        if (colon > 0 && url[..colon].IndexOfAny("/?#") < 0)
            return url[(colon + 3)..];
        return url.StartsWith("//", StringComparison.Ordinal) ? url[2..] : url;
    }
}
