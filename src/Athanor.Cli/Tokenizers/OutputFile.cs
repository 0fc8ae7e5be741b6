using System.Text;
using Athanor.Runs.Files;

namespace Athanor.Cli.Tokenizers;

/// <summary>Text to standard output, or to a file that appears under its name only when it is complete.</summary>
internal static class OutputFile
{
    public static void Write(string? path, TextWriter standard, Action<TextWriter> write)
    {
        if (path is null)
        {
            write(standard);
            standard.Flush();
            return;
        }
        AtomicFile.Write(path, stream =>
        {
            using var text = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
            write(text);
        });
    }
}
