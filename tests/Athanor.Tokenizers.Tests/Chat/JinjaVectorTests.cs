using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Athanor.Tokenizers.Chat;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>Agreement with Python's jinja2 as transformers sets it up.</summary>
public sealed partial class JinjaVectorTests
{
    [Fact]
    public void Expressions_and_statements_give_what_jinja2_gives()
    {
        var variables = (JsonObject)ChatVectors.Root["variables"]!;
        var differences = new List<string>();
        foreach (JsonNode? node in (JsonArray)ChatVectors.Root["cases"]!)
        {
            string template = (string)node!["template"]!;
            Check(differences, template, node.AsObject(), () => ChatTemplate.Parse(template).Render(variables, clock: new FixedClock()));
        }
        Assert.True(((JsonArray)ChatVectors.Root["cases"]!).Count > 500);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public void Conversations_in_the_style_of_published_templates_give_what_jinja2_gives()
    {
        JsonObject root = ChatVectors.Root;
        var differences = new List<string>();
        foreach (JsonNode? node in (JsonArray)root["chats"]!)
        {
            string style = (string)node!["style"]!;
            int conversation = (int)node["conversation"]!;
            string source = (string?)root["styles"]![style] ?? BuiltInTemplates.Source(style);
            var request = new ChatRequest
            {
                Messages = ChatMessage.ParseList(root["conversations"]![conversation]!.ToJsonString()),
                Tools = (bool)node["tools"]! ? (JsonArray)root["tools"]!.DeepClone() : null,
                AddGenerationPrompt = (bool)node["prompt"]!,
                BosToken = "<s>",
                EosToken = "</s>",
                Clock = new FixedClock(),
            };
            Check(differences, $"{style} on conversation {conversation}", node.AsObject(), () => ChatTemplate.Parse(source).Render(request));
        }
        Assert.True(((JsonArray)root["chats"]!).Count > 100);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static void Check(List<string> differences, string what, JsonObject expected, Func<string> render)
    {
        string got;
        try
        {
            got = "text: " + Generator().Replace(render(), "<$1>");
        }
        catch (ChatTemplateException error)
        {
            got = error.RaisedByTemplate ? "raised: " + error.Message : "error";
        }
        string wanted = expected["text"] is { } text ? "text: " + (string)text! : expected["raised"] is { } raised ? "raised: " + (string)raised! : "error";
        if (got != wanted)
            differences.Add($"{what}: wanted {wanted}, got {got}");
    }

    [GeneratedRegex("<(generator object) [^>]*>")]
    private static partial Regex Generator();
}
