using System.CommandLine;
using System.Net;
using Athanor.Serving;
using Athanor.Serving.Requests;

namespace Athanor.Cli.Serve;

/// <summary>The options that say how a server listens and what it bears.</summary>
internal sealed class ServerArguments
{
    private const string KeysVariable = "ATHANOR_API_KEYS";
    private static readonly ServerOptions Defaults = new();

    private readonly Option<string> _host = new("--host") { Description = "The address to listen on; others than this machine's own need --public.", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int> _port = new("--port", "-p") { Description = "The port; 0 for a free one.", DefaultValueFactory = _ => Defaults.Port };
    private readonly Option<bool> _public = new("--public") { Description = "Let other machines in. Give API keys too." };
    private readonly Option<string?> _keys = new("--api-keys") { Description = $"A file with API keys, one a line; those in {KeysVariable} (separated by commas) are taken as well. Without any, everyone is let in." };
    private readonly Option<string[]> _origins = new("--allow-origin") { Description = "Origins of web pages that may call, such as http://localhost:3000; none by default." };
    private readonly Option<int> _requests = new("--max-requests") { Description = "Requests at a time, waiting ones among them; more are answered with 429.", DefaultValueFactory = _ => Defaults.MaxRequests };
    private readonly Option<double> _wait = new("--max-wait") { Description = "Seconds that a request may have to wait for the model, by estimate; where it is more, requests are answered with 429.", DefaultValueFactory = _ => Defaults.MaxWait.TotalSeconds };
    private readonly Option<double> _timeout = new("--timeout") { Description = "Seconds that a request may take.", DefaultValueFactory = _ => Defaults.RequestTimeout.TotalSeconds };
    private readonly Option<double> _drain = new("--drain") { Description = "Seconds that running requests are given when the server is told to end.", DefaultValueFactory = _ => Defaults.DrainTimeout.TotalSeconds };
    private readonly Option<double> _body = new("--max-body-mib") { Description = "Size of a request at most, in MiB.", DefaultValueFactory = _ => Defaults.Limits.MaxBodyBytes / (double)(1 << 20) };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_host, _port, _public, _keys, _origins, _requests, _wait, _timeout, _drain, _body])
            command.Options.Add(option);
    }

    public ServerOptions Read(ParseResult parsed)
    {
        string host = parsed.GetRequiredValue(_host);
        IPAddress address = host == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(host, out IPAddress? known) ? known
            : throw new ArgumentException($"--host is '{host}'; give an address, such as 127.0.0.1 or 0.0.0.0.");
        int port = parsed.GetValue(_port);
        if (port is < 0 or > IPEndPoint.MaxPort)
            throw new ArgumentException($"--port is {port}; give 0 to {IPEndPoint.MaxPort}.");
        return new ServerOptions
        {
            Address = address,
            Port = port,
            Public = parsed.GetValue(_public),
            ApiKeys = Keys(parsed.GetValue(_keys), Environment.GetEnvironmentVariable(KeysVariable)),
            AllowedOrigins = parsed.GetValue(_origins) ?? [],
            MaxRequests = parsed.GetValue(_requests) is > 0 and int most ? most : throw new ArgumentException("--max-requests has to be at least 1."),
            MaxWait = Seconds(parsed.GetValue(_wait), "--max-wait", 0.001),
            RequestTimeout = Seconds(parsed.GetValue(_timeout), "--timeout", 0.001),
            DrainTimeout = Seconds(parsed.GetValue(_drain), "--drain", 0),
            Limits = new RequestLimits { MaxBodyBytes = parsed.GetValue(_body) is > 0 and <= 1024 and double size ? (int)(size * (1 << 20)) : throw new ArgumentException("--max-body-mib has to be above 0 and at most 1024.") },
        };
    }

    /// <summary>The keys of a file and of the environment.</summary>
    /// <exception cref="ArgumentException">A key is too short to be one; it is not repeated.</exception>
    public static IReadOnlyCollection<string> Keys(string? file, string? environment)
    {
        const int least = 8;
        IEnumerable<string> lines = file is null ? [] : File.ReadLines(file);
        string[] keys = [.. lines.Concat(environment?.Split(',') ?? []).Select(key => key.Trim()).Where(key => key.Length > 0 && !key.StartsWith('#')).Distinct(StringComparer.Ordinal)];
        if (file is not null && keys.Length == 0)
            throw new ArgumentException($"--api-keys: {file} holds no key.");
        return keys.All(key => key.Length >= least) ? keys : throw new ArgumentException($"An API key has fewer than {least} characters. Make longer ones, for example with `openssl rand -hex 24`.");
    }

    private static TimeSpan Seconds(double value, string name, double least) =>
        value >= least && value <= 7 * 24 * 3600 ? TimeSpan.FromSeconds(value) : throw new ArgumentException($"{name} is {value}; give seconds from {least} to a week.");
}
