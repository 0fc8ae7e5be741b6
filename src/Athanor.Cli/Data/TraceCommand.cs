using System.CommandLine;
using System.Globalization;
using Athanor.Data.Shards;
using Spectre.Console;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data trace</c>.</summary>
internal static class TraceCommand
{
    public static Command Create(TextWriter output)
    {
        var options = new OutputOptions();
        var token = new Option<long?>("--token") { Description = "The token's number among all tokens of the set." };
        var document = new Option<long?>("--document") { Description = "The document's number among all documents of the set." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("trace", """
            Says where a token of a shard came from: its document, the file and the byte at which the document begins.

            Example: athanor data trace quickstart/tokenize --token 123456
            """) { token, document, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string folder = options.Folder(parsed);
            string? set = parsed.GetValue(options.Set);
            TokenTrace trace = (parsed.GetValue(token), parsed.GetValue(document)) switch
            {
                ({ } number, null) => TokenTrace.Find(folder, number, set),
                (null, { } number) => TokenTrace.FindDocument(folder, number, set),
                _ => throw new ArgumentException("Give --token or --document, and not both."),
            };
            if (parsed.GetValue(json))
            {
                output.WriteLine(JsonText.Of(trace));
                return Tool.Success;
            }
            Table table = Terminal.Table("", "");
            Row(table, "shard", trace.Shard);
            Row(table, "document", string.Create(CultureInfo.InvariantCulture, $"{trace.Lineage.Id} (number {trace.Document:N0} in the shard, {trace.Length:N0} tokens)"));
            Row(table, "token", string.Create(CultureInfo.InvariantCulture, $"number {trace.Token:N0} in the shard, {trace.Place:N0} in the document"));
            Row(table, "source", trace.Lineage.Source);
            Row(table, "origin", trace.Lineage.Origin is { } origin ? string.Create(CultureInfo.InvariantCulture, $"{origin.File}, byte {origin.Offset}") : "unknown");
            Terminal.Create(output).Write(table);
            return Tool.Success;
        });
        return command;
    }

    private static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}
