namespace Athanor.Cli.Chat;

/// <summary>Reads what is typed: a line, lines that end with a backslash, or a block between lines of three quotes.</summary>
internal sealed class ChatInput(TextReader input, TextWriter prompts, bool interactive)
{
    private const string Fence = "\"\"\"";

    /// <summary>The next message or command; null at the end of the input.</summary>
    public string? Next()
    {
        string? line = Line("> ");
        if (line is null)
            return null;
        if (line.StartsWith(Fence, StringComparison.Ordinal))
            return Block(line[Fence.Length..]);
        while (line.EndsWith('\\'))
        {
            string? next = Line(". ");
            line = next is null ? line[..^1] : $"{line[..^1]}\n{next}";
            if (next is null)
                break;
        }
        return line;
    }

    private string Block(string first)
    {
        // One line may hold the whole block.
        if (first.EndsWith(Fence, StringComparison.Ordinal))
            return first[..^Fence.Length];
        var lines = new List<string>();
        if (first.Length > 0)
            lines.Add(first);
        while (Line(". ") is { } line)
        {
            if (line.EndsWith(Fence, StringComparison.Ordinal))
            {
                if (line.Length > Fence.Length)
                    lines.Add(line[..^Fence.Length]);
                break;
            }
            lines.Add(line);
        }
        return string.Join('\n', lines);
    }

    private string? Line(string prompt)
    {
        if (interactive)
        {
            prompts.Write(prompt);
            prompts.Flush();
        }
        return input.ReadLine();
    }
}
