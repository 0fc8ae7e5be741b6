using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Athanor.Testing;

/// <summary>A real page with segments that its text must and must not hold.</summary>
internal sealed record AnnotatedPage(string Name, string Html, string[] With, string[] Without)
{
    public const string File = "html-extraction/annotations.json";

    /// <summary>One half was looked at while the rules were written; the other was not. Names decide, by their hash.</summary>
    public bool HeldOut { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Name))[0] % 2 == 1;

    /// <summary>Reads the pages beside a file of annotations.</summary>
    public static AnnotatedPage[] Read(string file)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        string folder = Path.Combine(Path.GetDirectoryName(file)!, "pages");
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(file));
        return [.. document.RootElement.EnumerateObject().Select(page =>
            new AnnotatedPage(page.Name, Decode(System.IO.File.ReadAllBytes(Path.Combine(folder, page.Name))), Segments(page.Value, "with"), Segments(page.Value, "without")))];
    }

    public static string Folded(string text) => Regex.Replace(text, @"\s+", " ").Trim();

    private static string[] Segments(JsonElement page, string kind) => [.. page.GetProperty(kind).EnumerateArray().Select(segment => Folded(segment.GetString()!))];

    private static string Decode(byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            Match charset = Regex.Match(Encoding.Latin1.GetString(bytes, 0, Math.Min(bytes.Length, 4096)), @"charset\s*=\s*[""']?([A-Za-z0-9_-]+)");
            return Encoding.GetEncoding(charset.Success ? charset.Groups[1].Value : "windows-1252").GetString(bytes);
        }
    }
}

/// <summary>Segments found and missed.</summary>
internal sealed record ExtractionScore(int Wanted, int Missed, int Unwanted)
{
    public double Precision => (double)Wanted / (Wanted + Unwanted);
    public double Recall => (double)Wanted / (Wanted + Missed);
    public double F1 => 2 * Precision * Recall / (Precision + Recall);

    public static ExtractionScore Of(IEnumerable<AnnotatedPage> pages, Func<string, string> extract)
    {
        int wanted = 0, missed = 0, unwanted = 0;
        foreach (AnnotatedPage page in pages)
        {
            string text = AnnotatedPage.Folded(extract(page.Html));
            int found = page.With.Count(segment => text.Contains(segment, StringComparison.Ordinal));
            wanted += found;
            missed += page.With.Length - found;
            unwanted += page.Without.Count(segment => text.Contains(segment, StringComparison.Ordinal));
        }
        return new ExtractionScore(wanted, missed, unwanted);
    }
}
