using System.Diagnostics;
using System.Text.Json.Nodes;
using Athanor.Tokenizers.Chat;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>Templates that want too much end soon and clearly.</summary>
public sealed class SandboxTests
{
    private static readonly Dictionary<string, object?> Nothing = [];

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{{ 'b' * 1000 }}{% endfor %}{% endfor %}", "characters")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "'f' is called more than 100 calls deep")]
    [InlineData("{% macro f(a=f()) %}{% endmacro %}{{ f() }}", "calls deep")]
    [InlineData("{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}", "calls deep")]
    [InlineData("{{ range(100001) }}", "a range of more than 100000 numbers")]
    [InlineData("{{ 'a' * 99999999999 }}", "characters")]
    [InlineData("{{ [0] * 99999999 }}", "items")]
    [InlineData("{{ 10 ** 99999 }}", "4300 digits")]
    [InlineData("{{ 9 ** (9 ** 9) }}", "4300 digits")]
    [InlineData("{{ '%999999999d' % 1 }}", "characters")]
    [InlineData("{{ '{:999999999}'.format(1) }}", "characters")]
    [InlineData("{{ 'a'.center(999999999) }}", "characters")]
    [InlineData("{{ 'a' | indent(999999999, true) }}", "characters")]
    [InlineData("{{ [1] | batch(99999999, 0) | list }}", "items")]
    [InlineData("{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "items")]
    [InlineData("{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] | join(ns.s) %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(1000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}", "deep")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(1000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s | tojson }}", "deep")]
    [InlineData("{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(1000) %}{% set ns.s = [ns.s] %}{% set ns.t = [ns.t] %}{% endfor %}{{ ns.s == ns.t }}", "deep")]
    [InlineData("{% set ns = namespace() %}{% set ns.self = ns %}{{ ns }}", "deep")]
    [InlineData("{% set ns = namespace(s=1) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s == ns.s + [] }}{{ ns.s | string }}", "")]
    public void Too_much_is_refused_quickly(string source, string part)
    {
        var watch = Stopwatch.StartNew();
        // Where steps are what runs out, a tenth of them shows it as well.
        RenderLimits limits = part is "steps" or "" ? new RenderLimits { MaxSteps = 1_000_000 } : RenderLimits.Default;
        var error = Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse(source).Render(Nothing, limits));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"took {watch.Elapsed}");
    }

    [Fact]
    public void Deep_nesting_is_refused_when_parsing()
    {
        foreach (string source in new[]
        {
            "{{ " + new string('(', 100_000) + "1",
            "{{ " + new string('[', 100_000),
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            "{{ " + new string('-', 100_000) + "1 }}",
            "{{ a" + string.Concat(Enumerable.Repeat(".b", 100_000)) + " }}",
            "{{ a" + string.Concat(Enumerable.Repeat("|trim", 100_000)) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("1 if 1 else ", 100_000)) + "1 }}",
            string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)),
            "{% set " + new string('(', 100_000),
        })
            Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse(source));
    }

    [Fact]
    public void Long_chains_that_are_not_deep_are_fine()
    {
        Assert.Equal("20000", ChatTemplate.Parse("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 19_999)) + " }}").Render(Nothing));
        Assert.Equal("x", ChatTemplate.Parse("{% if 0 %}" + string.Concat(Enumerable.Repeat("{% elif 0 %}", 20_000)) + "{% else %}x{% endif %}").Render(Nothing));
    }

    [Fact]
    public void Limits_can_be_set()
    {
        var template = ChatTemplate.Parse("{% for i in range(1000) %}ab{% endfor %}");
        Assert.Equal(2000, template.Render(Nothing).Length);
        Assert.Throws<ChatTemplateLimitException>(() => template.Render(Nothing, new RenderLimits { MaxSteps = 500 }));
        Assert.Throws<ChatTemplateLimitException>(() => template.Render(Nothing, new RenderLimits { MaxTextLength = 1999 }));
        Assert.Throws<ChatTemplateLimitException>(() => template.Render(Nothing, new RenderLimits { MaxItems = 999 }));
        Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(4) }}").Render(Nothing, new RenderLimits { MaxDepth = 4 }));
    }

    [Fact]
    public async Task Rendering_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var template = ChatTemplate.Parse("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}");
        Task<string> rendering = Task.Run(() => template.Render(Nothing, new RenderLimits { MaxSteps = long.MaxValue - 5000 }, cancellation: cancellation.Token));
        cancellation.CancelAfter(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rendering);
    }

    [Fact]
    public void Input_nested_too_deeply_is_refused()
    {
        JsonNode node = new JsonArray();
        for (int i = 0; i < 1000; i++)
            node = new JsonArray(node);
        Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse("").Render(new JsonObject { ["x"] = node }));
    }

    [Fact]
    public void One_template_renders_on_many_threads_at_once()
    {
        ChatTemplate template = BuiltInTemplates.Get("chatml");
        Parallel.For(0, 200, i =>
        {
            string text = template.Render(new ChatRequest { Messages = [new ChatMessage("user", $"message {i}")] });
            Assert.Equal($"<|im_start|>user\nmessage {i}<|im_end|>\n", text);
        });
    }
}
