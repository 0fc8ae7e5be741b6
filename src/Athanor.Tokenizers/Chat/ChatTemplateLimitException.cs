namespace Athanor.Tokenizers.Chat;

/// <summary>A chat template asked for more work or memory than <see cref="RenderLimits"/> grants.</summary>
public sealed class ChatTemplateLimitException : ChatTemplateException
{
    /// <summary>An error without a place.</summary>
    public ChatTemplateLimitException(string message) : base(message)
    {
    }

    /// <summary>An error caused by another.</summary>
    public ChatTemplateLimitException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    /// <summary>An error without a message of its own.</summary>
    public ChatTemplateLimitException() : base("The chat template reached a limit.")
    {
    }

    internal ChatTemplateLimitException(string message, SourcePosition at) : base(message, at)
    {
    }

    internal override ChatTemplateException Place(SourcePosition at) =>
        Line > 0 || at.Line == 0 ? this : new ChatTemplateLimitException(Message, at);
}
