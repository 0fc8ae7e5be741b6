using Athanor.Data.Readers;
using Athanor.Runs.Recipes;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_chat</c>.</summary>
public sealed record ReadChatSettings : ReaderSettings
{
    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new ChatFormat(limits);
}

/// <summary>Reads conversations.</summary>
public static class ReadChatStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadChatSettings>("read_chat", "Reads conversations: OpenAI messages, ShareGPT, exports of ChatGPT.");
}
