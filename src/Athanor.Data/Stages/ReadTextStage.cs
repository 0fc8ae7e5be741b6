using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_text</c>.</summary>
public sealed record ReadTextSettings : IValidated
{
    /// <summary>A text file, or a folder whose .txt and .md files (also .gz) are read.</summary>
    [Input]
    public required RecipePath Path { get; init; }

    /// <summary>What is a document: a file, a paragraph (between blank lines), what stands between delimiters, a line.</summary>
    public TextUnit Unit { get; init; } = TextUnit.File;

    /// <summary>Stands between documents where unit is delimiter.</summary>
    public string Delimiter { get; init; } = "<|endoftext|>";

    /// <summary>Shorter documents are left out, in UTF-16 characters.</summary>
    [Range(0, int.MaxValue)]
    public int MinLength { get; init; } = 1;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Delimiter.Length > 0 && !Delimiter.Contains('\n', StringComparison.Ordinal), nameof(Delimiter), "The delimiter is empty or has a line end.", "For text between blank lines write unit: paragraph.");
    }
}

/// <summary>Reads text files.</summary>
public static class ReadTextStage
{
    internal static StageKind Kind { get; } = StageKind.Of<ReadTextSettings>("read_text", "1", "Reads text files, cut into documents as 'unit' says.", DataStages.Documents, Run) with { UsesSeed = false };

    private static Task Run(StageContext context, ReadTextSettings settings, CancellationToken cancellation)
    {
        var folder = new TextFolder(settings.Path.FullPath, settings.Unit, settings.Delimiter);
        using var writer = new DocumentWriter(System.IO.Path.Combine(context.Output, DocumentFile.Name));
        context.Progress.Expect(folder.Files().Sum(file => new FileInfo(file).Length), "bytes");
        long shorter = 0;
        var problems = new ReadProblems();
        foreach (Document document in folder.Read(bytes => context.Progress.Report(bytes), problems))
        {
            cancellation.ThrowIfCancellationRequested();
            if (document.Text.Length < settings.MinLength)
                shorter++;
            else
                writer.Write(document);
        }
        if (writer.Count == 0)
            throw new InvalidDataException($"'{settings.Path}' holds no text{(shorter > 0 ? $" of at least {settings.MinLength} characters (min_length)" : "")}{ReaderStage.First(problems)}.");
        context.Note("documents", writer.Count);
        context.Note("characters", writer.Length);
        context.Note("too_short", shorter);
        ReaderStage.NoteProblems(context, problems);
        return Task.CompletedTask;
    }
}
