using Spectre.Console;

namespace Athanor.Cli;

/// <summary>A console for tables: colours and box lines on a terminal, plain text elsewhere and under NO_COLOR.</summary>
internal static class Terminal
{
    public static IAnsiConsole Create(TextWriter output)
    {
        bool redirected = output != Console.Out || Console.IsOutputRedirected;
        bool plain = redirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
        });
        if (redirected)
            console.Profile.Width = 140;
        return console;
    }

    /// <summary>A table without box lines, with bold column heads.</summary>
    public static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = columns.Any(name => name.Length > 0) };
        foreach (string column in columns)
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(column)}[/]")) { Padding = new Padding(0, 0, 2, 0) });
        return table;
    }
}
