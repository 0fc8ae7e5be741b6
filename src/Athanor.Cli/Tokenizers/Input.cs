using System.Text;

namespace Athanor.Cli.Tokenizers;

/// <summary>A text from the command line, a file or standard input, as bytes.</summary>
internal static class Input
{
    public static byte[] Read(string? text, string? file)
    {
        if (text is not null && file is not null)
            throw new ArgumentException("Both a text and --file are given; leave one out.");
        if (text is not null)
            return Encoding.UTF8.GetBytes(text);
        if (file is not null)
            return File.ReadAllBytes(file);
        using Stream input = Console.OpenStandardInput();
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }
}
