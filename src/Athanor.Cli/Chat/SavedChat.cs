using System.Text.Json;
using Athanor.Tokenizers.Chat;
using Message = Microsoft.Extensions.AI.ChatMessage;
using Role = Microsoft.Extensions.AI.ChatRole;

namespace Athanor.Cli.Chat;

/// <summary>A conversation in a file: OpenAI's messages, as every tool of the field reads them.</summary>
internal static class SavedChat
{
    public static void Write(string path, string system, IEnumerable<Message> messages)
    {
        IEnumerable<Message> all = system.Length > 0 ? [new Message(Role.System, system), .. messages] : messages;
        File.WriteAllText(path, JsonText.Of(new { messages = all.Select(message => new { role = message.Role.Value, content = message.Text }) }) + "\n");
    }

    /// <exception cref="InvalidDataException">The file holds no conversation.</exception>
    public static (string System, List<Message> Messages) Read(string path)
    {
        try
        {
            IReadOnlyList<ChatMessage> read = ChatMessage.ParseList(File.ReadAllText(path));
            string system = "";
            var messages = new List<Message>();
            foreach (ChatMessage message in read)
            {
                string text = message.Content?.GetValueKind() == JsonValueKind.String ? message.Content.GetValue<string>() : throw new ChatTemplateException("a message is not of text alone.");
                if (message.Role == "system" && messages.Count == 0 && system.Length == 0)
                    system = text;
                else
                    messages.Add(new Message(new Role(message.Role), text));
            }
            return (system, messages);
        }
        catch (ChatTemplateException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
