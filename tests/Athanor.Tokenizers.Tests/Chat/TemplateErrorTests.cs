using Athanor.Tokenizers.Chat;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>Errors say where they are and what was expected.</summary>
public sealed class TemplateErrorTests
{
    [Theory]
    [InlineData("a\n  {{ s | uper }}", 2, 10, "no filter named 'uper'; the nearest is 'upper'")]
    [InlineData("{{ s is strng }}", 1, 9, "no test named 'strng'; the nearest is 'string'")]
    [InlineData("{{ l | map('uper') }}", 1, 12, "no filter named 'uper'")]
    [InlineData("{{ l | selectattr('a', 'equlto', 1) }}", 1, 24, "no test named 'equlto'; the nearest is 'equalto'")]
    [InlineData("x{% fro i in l %}", 1, 5, "no tag named 'fro'")]
    [InlineData("{% include 'x' %}", 1, 4, "'include' is not allowed")]
    [InlineData("{% if a %}\n{% for i in l %}\n{% endif %}", 3, 4, "Expected here: else, endfor")]
    [InlineData("{% if a %}\nx", 2, 2, "expected '{% endif %}' before the end of the template, for the block opened in line 1, column 4")]
    [InlineData("{{ a b }}", 1, 6, "expected '}}', found 'b'")]
    [InlineData("{{ (a }}", 1, 7, "unexpected '}'; expected ')'")]
    [InlineData("{{ a + }}", 1, 8, "expected an expression, found '}}'")]
    [InlineData("{{ 'a }}", 1, 4, "the string opened here is never closed")]
    [InlineData("x {# a", 1, 3, "expected '#}'")]
    [InlineData("{{ a ? b }}", 1, 6, "unexpected character '?'")]
    [InlineData("{% break %}", 1, 4, "'break' stands outside of a loop")]
    [InlineData("{% for i in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", 1, 35, "'break' stands outside of a loop")]
    [InlineData("{% for i in l recursive %}{% endfor %}", 1, 15, "recursive loops are not supported")]
    [InlineData("{{ '\\x4' }}", 1, 4, "expected 2 hexadecimal digits")]
    public void Parsing_refuses_with_a_place_and_what_was_expected(string source, int line, int column, string part)
    {
        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.StartsWith($"line {line}, column {column}: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\n{{ nope.x }}", 2, "'nope' is undefined")]
    [InlineData("{{ d.a.b }}", 1, "'dict object' has no attribute 'a'")]
    [InlineData("{{ 'a' + 1 }}", 1, "can only concatenate str")]
    [InlineData("{{ [1].append(2) }}", 1, "templates may not change values")]
    [InlineData("{{ d.update({}) }}", 1, "templates may not change values")]
    [InlineData("{{ ''.__class__ }}", 1, "unsafe")]
    [InlineData("{{ d.__class__ }}", 1, "unsafe")]
    [InlineData("{{ range.__globals__ }}", 1, "unsafe")]
    [InlineData("{{ d | attr('__init__') }}", 1, "unsafe")]
    [InlineData("{{ '{0.__class__}'.format(1) }}", 1, "unsafe")]
    [InlineData("{{ nope() }}", 1, "'nope' is undefined")]
    [InlineData("\n\n{{ 1 / 0 }}", 3, "division by zero")]
    [InlineData("{{ strftime_now('%Q') }}", 1, "does not know '%Q'")]
    [InlineData("{{ l | map(f) }}", 1, "no filter named 'no such'")]
    public void Rendering_fails_with_a_place_and_a_reason(string source, int line, string part)
    {
        var template = ChatTemplate.Parse(source);
        var variables = new Dictionary<string, object?> { ["d"] = new Dictionary<string, object?>(), ["l"] = new[] { 1 }, ["f"] = "no such" };
        var error = Assert.Throws<ChatTemplateException>(() => template.Render(variables));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
        Assert.False(error.RaisedByTemplate);
    }

    [Fact]
    public void What_a_template_raises_is_its_own_message_with_the_place_beside_it()
    {
        var template = ChatTemplate.Parse("\n {{ raise_exception('roles must alternate: ' ~ 3) }}");
        var error = Assert.Throws<ChatTemplateException>(() => template.Render(new Dictionary<string, object?>()));
        Assert.Equal("roles must alternate: 3", error.Message);
        Assert.True(error.RaisedByTemplate);
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Variables_of_types_that_templates_cannot_hold_are_refused_by_name()
    {
        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("").Render(new Dictionary<string, object?> { ["when"] = DateTime.UnixEpoch }));
        Assert.Contains("'when' is a DateTime", error.Message, StringComparison.Ordinal);
    }
}
