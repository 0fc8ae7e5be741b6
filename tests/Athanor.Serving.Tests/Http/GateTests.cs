using System.Net;
using System.Net.Http.Headers;
using Athanor.Serving.Tests.Testing;

namespace Athanor.Serving.Tests.Http;

public class GateTests
{
    [Fact]
    public async Task Keys_are_asked_for_and_never_logged()
    {
        await using RunningServer server = await RunningServer.StartAsync(options: new ServerOptions { Port = 0, ApiKeys = ["first-key", "second-key"] });
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
        foreach (string path in (string[])["/v1/models", "/metrics", "/nowhere"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync(path)).StatusCode);
        foreach (string wrong in (string[])["", "first-ke", "first-keyy", "FIRST-KEY", "first-key,second-key"])
            Assert.Equal(HttpStatusCode.Unauthorized, await Get(server, new AuthenticationHeaderValue("Bearer", wrong)));
        Assert.Equal(HttpStatusCode.Unauthorized, await Get(server, new AuthenticationHeaderValue("Basic", "first-key")));
        foreach (string right in (string[])["first-key", "second-key"])
            Assert.Equal(HttpStatusCode.OK, await Get(server, new AuthenticationHeaderValue("Bearer", right)));
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("-key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Web_pages_may_call_only_from_allowed_origins()
    {
        await using RunningServer server = await RunningServer.StartAsync(options: new ServerOptions { Port = 0, AllowedOrigins = ["http://good.example"] });
        using HttpResponseMessage bad = await Send(server, HttpMethod.Get, "http://bad.example");
        Assert.Equal(HttpStatusCode.Forbidden, bad.StatusCode);
        Assert.False(bad.Headers.Contains("Access-Control-Allow-Origin"));
        using HttpResponseMessage good = await Send(server, HttpMethod.Get, "http://good.example");
        Assert.Equal("http://good.example", good.Headers.GetValues("Access-Control-Allow-Origin").Single());
        using HttpResponseMessage asked = await Send(server, HttpMethod.Options, "http://good.example");
        Assert.Equal(HttpStatusCode.NoContent, asked.StatusCode);
        Assert.Contains("Authorization", asked.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_name_for_this_machine_is_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "rebound.example";
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await server.Client.SendAsync(request)).StatusCode);
        using var local = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        local.Headers.Host = "localhost:1234";
        Assert.Equal(HttpStatusCode.OK, (await server.Client.SendAsync(local)).StatusCode);
    }

    [Fact]
    public void Other_machines_are_let_in_only_when_that_is_said()
    {
        var error = Assert.Throws<ArgumentException>(() => new InferenceServer(new(), new ServerOptions { Address = IPAddress.Any }));
        Assert.Contains("--public", error.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> Get(RunningServer server, AuthenticationHeaderValue header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Authorization = header;
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> Send(RunningServer server, HttpMethod method, string origin)
    {
        using var request = new HttpRequestMessage(method, "/v1/models");
        request.Headers.Add("Origin", origin);
        return await server.Client.SendAsync(request);
    }
}
