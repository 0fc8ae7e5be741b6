using System.Text.Json.Nodes;
using Athanor.Tokenizers.Chat;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>What a request puts before a template, and what comes back.</summary>
public sealed class ChatRequestTests
{
    private static readonly ChatMessage[] Conversation = [new("user", "Hi"), new("assistant", "Yo there "), new("user", "And?"), new("assistant", "  Well ")];

    [Fact]
    public void Messages_keep_all_fields_in_their_order()
    {
        const string json = """[{"content":null,"role":"assistant","weight":0.5,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}],"z":{"b":[1,2.0,true,null]}}]""";
        ChatMessage message = Assert.Single(ChatMessage.ParseList(json));
        Assert.Equal("assistant", message.Role);
        Assert.Null(message.Content);
        Assert.Single(message.ToolCalls!);
        string text = ChatTemplate.Parse("{{ messages[0] | tojson }}").Render(new ChatRequest { Messages = [message] });
        Assert.Equal("""{"content": null, "role": "assistant", "weight": 0.5, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}], "z": {"b": [1, 2.0, true, null]}}""", text);
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("3", "array of messages")]
    [InlineData("[3]", "messages[0]: a message is a JSON object")]
    [InlineData("""[{"role":"user","content":"x"},{"content":"x"}]""", "messages[1]: a message needs a field 'role'")]
    [InlineData("""[{"role":"user","content":{"a":1}}]""", "content")]
    [InlineData("""[{"role":"user","role":"system"}]""", "two fields of one name")]
    public void What_is_not_a_conversation_is_refused(string json, string part) =>
        Assert.Contains(part, Assert.Throws<ChatTemplateException>(() => ChatMessage.ParseList(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Templates_see_what_transformers_gives_them()
    {
        var template = ChatTemplate.Parse("{{ tools is none }} {{ documents is none }} {{ bos_token is defined }} {{ eos_token }} {{ add_generation_prompt }} {{ enable_thinking }} {{ pad_token }}");
        string text = template.Render(new ChatRequest
        {
            Messages = Conversation,
            EosToken = "</s>",
            AddGenerationPrompt = true,
            Extra = new JsonObject { ["enable_thinking"] = false, ["pad_token"] = "<pad>" },
        });
        Assert.Equal("True True False </s> True False <pad>", text);
    }

    [Fact]
    public void Spans_of_the_assistant_cover_what_it_wrote()
    {
        RenderedChat chat = BuiltInTemplates.Get("chatml").RenderWithSpans(new ChatRequest { Messages = Conversation });
        Assert.Equal(["Yo there <|im_end|>", "  Well <|im_end|>"], chat.Generation.Select(span => chat.Text.Substring(span.Start, span.Length)));
    }

    [Fact]
    public void A_generation_block_whose_place_is_not_known_gives_text_but_no_spans()
    {
        var template = ChatTemplate.Parse("{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }}");
        var request = new ChatRequest { Messages = [] };
        Assert.Equal("x", template.Render(request));
        Assert.Contains("span cannot be told", Assert.Throws<ChatTemplateException>(() => template.RenderWithSpans(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_final_message_can_be_continued()
    {
        var request = new ChatRequest { Messages = Conversation, ContinueFinalMessage = true };
        RenderedChat kept = BuiltInTemplates.Get("chatml").RenderWithSpans(request);
        Assert.EndsWith("<|im_start|>assistant\n  Well", kept.Text, StringComparison.Ordinal);
        Assert.Equal("  Well", kept.Text[kept.Generation[1].Start..]);
        string trimmed = BuiltInTemplates.Get("llama3").Render(request);
        Assert.EndsWith("assistant<|end_header_id|>\n\nWell", trimmed, StringComparison.Ordinal);

        var trailing = new ChatRequest { Messages = [new("user", "a"), new("assistant", "b ")], ContinueFinalMessage = true };
        Assert.EndsWith("assistant\nb ", BuiltInTemplates.Get("chatml").Render(trailing), StringComparison.Ordinal);
    }

    [Fact]
    public void Continuing_what_cannot_be_continued_is_refused()
    {
        ChatTemplate chatml = BuiltInTemplates.Get("chatml");
        Assert.Throws<ChatTemplateException>(() => chatml.Render(new ChatRequest { Messages = Conversation, ContinueFinalMessage = true, AddGenerationPrompt = true }));
        Assert.Throws<ChatTemplateException>(() => chatml.Render(new ChatRequest { Messages = [], ContinueFinalMessage = true }));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("nothing").Render(new ChatRequest { Messages = Conversation, ContinueFinalMessage = true }));
    }
}
