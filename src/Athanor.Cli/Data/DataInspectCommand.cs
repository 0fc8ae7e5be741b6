using System.CommandLine;
using Athanor.Data.Inspection;
using Spectre.Console;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data inspect</c>.</summary>
internal static class DataInspectCommand
{
    private const int Shown = 400;

    public static Command Create(TextWriter output)
    {
        var options = new OutputOptions();
        var rule = new Option<string?>("--rule") { Description = "Only what rules removed whose name holds this." };
        var count = new Option<int>("--count") { Description = "Documents of each rule, and of those kept.", DefaultValueFactory = _ => 3 };
        var changes = new Option<bool>("--changes") { Description = "Show kept documents that the stage changed, before and after side by side." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object a line." };
        var command = new Command("inspect", """
            Shows documents that a stage kept and removed, with rule, value, threshold and the offending part. Of each rule, half of those shown are its closest calls.

            Examples:
              athanor data inspect quickstart/filter
              athanor data inspect quickstart/decontaminate --rule ngram --count 10
            """) { rule, count, changes, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var stage = new StageOutput(options.Folder(parsed));
            string? set = parsed.GetValue(options.Set), wanted = parsed.GetValue(rule);
            int shown = parsed.GetValue(count) is > 0 and int given ? given : throw new ArgumentException("--count must be 1 at least.");
            if (parsed.GetValue(changes))
            {
                Changes(ChangedDocument.Find(stage, set, shown), parsed.GetValue(json), output);
                return Tool.Success;
            }
            IReadOnlyList<ShownDocument> removed = DocumentInspection.Removed(stage, set, wanted, shown), kept = wanted is null ? DocumentInspection.Kept(stage, set, shown) : [];
            if (parsed.GetValue(json))
            {
                foreach (ShownDocument document in kept.Concat(removed))
                    output.WriteLine(JsonText.Line(document));
                return Tool.Success;
            }
            IAnsiConsole console = Terminal.Create(output);
            if (wanted is null)
                Notes(stage, console);
            foreach (ShownDocument document in kept)
                Write(document, console);
            foreach (ShownDocument document in removed)
                Write(document, console);
            if (wanted is not null && removed.Count == 0)
                console.WriteLine($"No rule whose name holds '{wanted}' removed a document that was noted.");
            return Tool.Success;
        });
        return command;
    }

    public static void Write(ShownDocument document, IAnsiConsole console)
    {
        console.WriteLine();
        string value = document.Value is { } found ? FormattableString.Invariant($" {found:G5} against {document.Threshold:G5}") : "";
        string what = document.Rule.Length == 0 ? "[green]kept[/]" : $"[red]removed[/] by [bold]{Markup.Escape(document.Rule)}[/]{value}{(document.Sample == "closest" ? ", a close call" : "")}";
        console.MarkupLine($"{what}  {Markup.Escape(document.Id)}{(document.Origin.Length > 0 ? $"  [dim]{Markup.Escape(document.Origin)}[/]" : "")}");
        if (document.Note is { Length: > 0 } note)
            console.MarkupLine($"  [yellow]{Markup.Escape(Short(note))}[/]");
        console.MarkupLine($"  {Markup.Escape(Short(document.Before))}[black on yellow]{Markup.Escape(Short(document.Match))}[/]{Markup.Escape(Short(document.After))}");
    }

    private static void Notes(StageOutput stage, IAnsiConsole console)
    {
        Table table = Terminal.Table("", "");
        foreach ((string name, string value) in stage.Notes)
            table.AddRow(new Text(name), new Text(value));
        console.Write(table);
    }

    private static void Changes(IReadOnlyList<ChangedDocument> changed, bool json, TextWriter output)
    {
        if (json)
        {
            foreach (ChangedDocument document in changed)
                output.WriteLine(JsonText.Line(document));
            return;
        }
        IAnsiConsole console = Terminal.Create(output);
        if (changed.Count == 0)
            console.WriteLine("The stage changed no text of those looked at.");
        foreach (ChangedDocument document in changed)
        {
            console.WriteLine();
            console.MarkupLine($"[bold]{Markup.Escape(document.Id)}[/]");
            Table table = Terminal.Table("before", "after");
            table.AddRow(new Markup($"{Markup.Escape(document.Head)}[black on yellow]{Markup.Escape(Short(document.Before))}[/]{Markup.Escape(document.Tail)}"),
                new Markup($"{Markup.Escape(document.Head)}[black on yellow]{Markup.Escape(Short(document.After))}[/]{Markup.Escape(document.Tail)}"));
            console.Write(table);
        }
    }

    /// <summary>What fits on a screen, control characters made visible.</summary>
    private static string Short(string text)
    {
        string cut = text.Length <= Shown ? text : text[..(char.IsHighSurrogate(text[Shown - 1]) ? Shown - 1 : Shown)] + " ...";
        return string.Concat(cut.Select(unit => unit is '\n' ? "\n  " : char.IsControl(unit) ? "\ufffd" : unit.ToString()));
    }
}
