using Athanor.Data.Documents;
using Athanor.Data.Policies;
using Athanor.Data.Steps;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Urls;
using Athanor.Runs.Settings;

namespace Athanor.Data.Tests.Policies;

public sealed class PolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("robots", "noai, noimageai", "noai")]
    [InlineData("robots", "index, NoAI", "noai")]
    [InlineData("x_robots_tag", "max-snippet:-1, noai", "noai")]
    [InlineData("x_robots_tag", "unavailable_after: 25 Jun 2030 15:00:00 PST\nnoai", "noai")]
    [InlineData("robots", "index; gptbot: noai", "noai")]
    [InlineData("robots", "otherbot: noai", null)]
    [InlineData("robots", "otherbot: noindex, noai; all", null)]
    [InlineData("robots", "noindex, noimageai", null)]
    [InlineData("robots", "", null)]
    [InlineData("tdm_reservation", "1", "tdm_reservation")]
    [InlineData("tdm_reservation", "0", null)]
    [InlineData("license", "All rights reserved", null)]
    public void Who_opts_out_is_left_out(string field, string value, string? rule) => Assert.Equal(rule, Policy(new FilterPolicySettings(), (field, value))?.Rule);

    [Fact]
    public void Which_directives_count_can_be_said()
    {
        var settings = new FilterPolicySettings { Directives = ["noindex", "noimageai"], TdmReservation = false };
        Assert.Equal("noindex", Policy(settings, ("robots", "noindex"))?.Rule);
        Assert.Equal("noimageai", Policy(settings, ("robots", "noimageai"))?.Rule);
        Assert.Null(Policy(settings, ("robots", "noai"), ("tdm_reservation", "1")));
    }

    [Theory]
    [InlineData("CC-BY-4.0", null)]
    [InlineData("https://creativecommons.org/licenses/by/3.0/", null)]
    [InlineData("CC-BY-NC-4.0", "license")]
    [InlineData("CC-BY-SA-4.0", "license")]
    [InlineData("CC0-1.0", null)]
    [InlineData("GPL-3.0", "license")]
    [InlineData("", "no_license")]
    [InlineData(null, "no_license")]
    public void Only_licences_of_the_list_stay(string? license, string? rule)
    {
        var settings = new FilterPolicySettings { Licenses = ["CC-BY", "CC0-1.0"] };
        Assert.Equal(rule, (license is null ? Policy(settings) : Policy(settings, ("license", license)))?.Rule);
        Assert.Null(Policy(settings with { Licenses = [] }, ("license", "GPL-3.0")));
        Assert.Null(Policy(settings with { WithoutLicense = Missing.Keep }));
    }

    [Theory]
    [InlineData("d1", "http://a.org/", "takedown_id")]
    [InlineData("d2", "http://gone.org/x", "takedown_host")]
    [InlineData("d2", "http://SUB.gone.org/x", "takedown_host")]
    [InlineData("d2", "http://notgone.org/x", null)]
    [InlineData("d2", "https://www.a.org/private/", "takedown_url")]
    [InlineData("d2", "https://a.org/public", null)]
    [InlineData("d2", "https://other.net/x", "takedown_host")]
    [InlineData("d2", null, null)]
    public void Takedown_lists_are_obeyed(string id, string? url, string? rule)
    {
        var settings = new TakedownSettings
        {
            Urls = new RecipePath(_folder.Write("urls", "http://a.org/private\n")),
            Hosts = new RecipePath(_folder.Write("hosts", "# asked on Monday\ngone.org\n")),
            Ids = new RecipePath(_folder.Write("ids", "d1\n")),
            MoreHosts = ["https://other.net/"],
        };
        Document document = new(id, "t") { Metadata = url is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["url"] = url } };
        Assert.Equal(rule, settings.Prepare(0)().Apply(ref document, default)?.Rule);
        Document canonical = new("d3", "t") { Metadata = new Dictionary<string, string> { ["url"] = "http://mirror.net/", ["canonical_url"] = "http://gone.org/x" } };
        Assert.Equal("takedown_host", settings.Prepare(0)().Apply(ref canonical, default)?.Rule);
    }

    private static Removal? Policy(FilterPolicySettings settings, params (string Field, string Value)[] metadata)
    {
        Document document = new("a", "t") { Metadata = metadata.ToDictionary(pair => pair.Field, pair => pair.Value) };
        return settings.Prepare(0)().Apply(ref document, default);
    }
}
