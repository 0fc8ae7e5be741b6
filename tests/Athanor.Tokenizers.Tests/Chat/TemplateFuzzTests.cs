using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Tokenizers.Chat;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>Whatever a template's text is, it parses and renders or fails with an error of this library.</summary>
public sealed class TemplateFuzzTests
{
    private static readonly RenderLimits Small = new() { MaxSteps = 20_000, MaxTextLength = 100_000, MaxItems = 10_000 };
    private static readonly string[] Sources = [.. BuiltInTemplates.Names.Select(BuiltInTemplates.Source), .. ((JsonObject)ChatVectors.Root["styles"]!).Select(pair => (string)pair.Value!)];
    private static readonly string[] Cases = [.. ((JsonArray)ChatVectors.Root["cases"]!).Select(node => (string)node!["template"]!)];

    // Elements can be read by many threads at once, nodes cannot.
    private static readonly Dictionary<string, object?> Variables = JsonDocument.Parse(ChatVectors.Root["variables"]!.ToJsonString())
        .RootElement.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value);

    private const string Marks = "{}%#-+()[]'\"\\|.,:=~*/<> \nabif0159_";

    [Fact]
    public void Any_text_parses_and_renders_or_is_refused() =>
        Prop.ForAll<string>(source => Survives(source ?? "")).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_without_tags_is_itself() =>
        Prop.ForAll<string>(source =>
        {
            string text = (source ?? "").Replace("{", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
            return ChatTemplate.Parse(text + "\n").Render(new JsonObject()) == text;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Some_thousand_changed_templates_are_survived() => Fuzz(seed: 1, count: 3_000);

    [Fact]
    [Trait("Category", "Long")]
    public void A_hundred_thousand_changed_templates_are_survived() => Fuzz(seed: 2, count: 150_000);

    private static void Fuzz(int seed, int count) => Parallel.For(0, count, i =>
    {
        string source = Change(new Random(seed * 1_000_003 + i));
        Assert.True(Survives(source), source);
    });

    /// <summary>Random characters, or a template with pieces of others put in, taken out, doubled or swapped.</summary>
    private static string Change(Random random)
    {
        int kind = random.Next(10);
        if (kind == 0)
        {
            char[] noise = new char[random.Next(200)];
            for (int i = 0; i < noise.Length; i++)
                noise[i] = random.Next(3) == 0 ? (char)random.Next(0x10000) : Marks[random.Next(Marks.Length)];
            return new string(noise);
        }
        string text = kind < 4 ? Sources[random.Next(Sources.Length)] : Cases[random.Next(Cases.Length)];
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            int at = random.Next(text.Length + 1);
            int length = random.Next(Math.Min(20, text.Length - at) + 1);
            string other = Cases[random.Next(Cases.Length)];
            int from = random.Next(other.Length);
            string piece = other.Substring(from, random.Next(Math.Min(30, other.Length - from) + 1));
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, piece),
                2 => text.Remove(at, length).Insert(at, piece),
                _ => text.Insert(at, text.Substring(at, length)),
            };
        }
        return text;
    }

    private static bool Survives(string source)
    {
        try
        {
            ChatTemplate.Parse(source).Render(Variables, Small, new FixedClock());
        }
        catch (ChatTemplateException)
        {
            // Refused with a reason: that is all that is asked of a broken template.
        }
        return true;
    }
}
