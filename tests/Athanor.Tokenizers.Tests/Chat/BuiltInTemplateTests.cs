using Athanor.Tokenizers.Chat;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>The templates that come with the library, against the texts that their formats are published with.</summary>
public sealed class BuiltInTemplateTests
{
    private static readonly ChatMessage[] Conversation = [new("system", "Be brief."), new("user", "Hi"), new("assistant", "Yo"), new("user", "And?")];

    [Theory]
    [InlineData("chatml", "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n")]
    [InlineData("llama2", "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Yo </s><s>[INST] And? [/INST]")]
    [InlineData("llama3", "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nYo<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")]
    [InlineData("mistral", "<s> [INST] Be brief.\n\nHi [/INST] Yo</s> [INST] And? [/INST]")]
    [InlineData("zephyr", "<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nYo</s>\n<|user|>\nAnd?</s>\n<|assistant|>\n")]
    [InlineData("alpaca", "<s>Be brief.\n\n### Instruction:\nHi\n\n### Response:\nYo</s>\n\n### Instruction:\nAnd?\n\n### Response:\n")]
    [InlineData("plain", "System: Be brief.\nUser: Hi\nAssistant: Yo</s>\nUser: And?\nAssistant:")]
    public void Conversations_look_as_published(string name, string expected) =>
        Assert.Equal(expected, BuiltInTemplates.Get(name).Render(new ChatRequest { Messages = Conversation, AddGenerationPrompt = true, BosToken = "<s>", EosToken = "</s>" }));

    [Fact]
    public void All_mark_what_the_assistant_writes_and_take_content_parts()
    {
        IReadOnlyList<ChatMessage> messages = ChatMessage.ParseList("""[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":"answer"}]""");
        foreach (string name in BuiltInTemplates.Names)
        {
            RenderedChat chat = BuiltInTemplates.Get(name).RenderWithSpans(new ChatRequest { Messages = messages, EosToken = "</s>" });
            (int start, int length) = Assert.Single(chat.Generation);
            Assert.Contains("answer", chat.Text.Substring(start, length), StringComparison.Ordinal);
            Assert.Contains("ab", chat.Text[..start], StringComparison.Ordinal);
            Assert.DoesNotContain("answer", chat.Text[..start], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Pictures_are_refused()
    {
        IReadOnlyList<ChatMessage> messages = ChatMessage.ParseList("""[{"role":"user","content":[{"type":"image"}]}]""");
        foreach (string name in BuiltInTemplates.Names)
            Assert.True(Assert.Throws<ChatTemplateException>(() => BuiltInTemplates.Get(name).Render(new ChatRequest { Messages = messages })).RaisedByTemplate);
    }

    [Theory]
    [InlineData("llama2")]
    [InlineData("mistral")]
    [InlineData("alpaca")]
    public void Formats_without_role_names_refuse_roles_that_do_not_alternate(string name) =>
        Assert.Contains("alternate", Assert.Throws<ChatTemplateException>(() => BuiltInTemplates.Get(name).Render(new ChatRequest { Messages = [new("user", "a"), new("user", "b")] })).Message, StringComparison.Ordinal);

    [Fact]
    public void Unknown_names_are_refused_with_the_nearest_and_all()
    {
        string message = Assert.Throws<ChatTemplateException>(() => BuiltInTemplates.Get("chatlm")).Message;
        Assert.Contains("the nearest is 'chatml'", message, StringComparison.Ordinal);
        Assert.Contains("alpaca, chatml, llama2, llama3, mistral, plain, zephyr", message, StringComparison.Ordinal);
    }
}
