using System.Text;

namespace Athanor.Cli.Tokenizers;

/// <summary>Text to standard output, or to a file that appears under its name only when it is complete.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string? _path, _temporary;

    private OutputFile(string? path, TextWriter text)
    {
        _path = path;
        _temporary = path is null ? null : path + ".part";
        Text = _temporary is null ? text : new StreamWriter(_temporary, append: false, new UTF8Encoding(false));
    }

    public TextWriter Text { get; }

    public static OutputFile Open(string? path, TextWriter standard) => new(path, standard);

    public void Complete()
    {
        Text.Flush();
        if (_path is null)
            return;
        Text.Dispose();
        File.Move(_temporary!, _path, overwrite: true);
    }

    public void Dispose()
    {
        if (_path is null)
            return;
        Text.Dispose();
        File.Delete(_temporary!);
    }
}
