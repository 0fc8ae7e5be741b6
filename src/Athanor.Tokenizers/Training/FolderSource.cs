namespace Athanor.Tokenizers.Training;

/// <summary>The files of a folder, in an order that does not depend on the file system.</summary>
internal sealed class FolderSource(string path, string searchPattern, string field) : DocumentSource
{
    internal override IEnumerable<TextSegment> Segments()
    {
        string[] files = Directory.GetFiles(path, searchPattern, SearchOption.AllDirectories);
        if (files.Length == 0)
            throw new FileNotFoundException($"The folder '{path}' has no file that matches '{searchPattern}'; give another folder or pattern.");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            string name = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
            bool json = name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase);
            foreach (TextSegment segment in (json ? JsonLines(file, field) : TextFile(file)).Segments())
                yield return segment;
        }
    }
}
