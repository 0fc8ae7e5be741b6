namespace Athanor.Tensors.Safetensors;

/// <summary>
/// A safetensors file or index breaks a rule of the format, or a tensor is not what was asked for. The message names the file, the tensor, the
/// rule and the remedy. Files that cannot be opened or read raise the system's <see cref="IOException"/> instead.
/// </summary>
public sealed class SafetensorsException : Exception
{
    private const int LongestName = 200;

    internal SafetensorsException(string file, string? tensor, string problem, string remedy = DownloadAgain, Exception? cause = null)
        : base($"{file}: {(tensor is null ? "" : $"tensor '{Printable(tensor)}': ")}{problem} {remedy}", cause)
    {
        File = file;
        Tensor = tensor;
    }

    internal const string DownloadAgain = "The file is damaged or was cut short: fetch or save it again.";

    /// <summary>The file, or what stands for it.</summary>
    public string File { get; }

    /// <summary>The tensor concerned; null when it is the file as a whole.</summary>
    public string? Tensor { get; }

    // Names come from the file: neither its control characters nor its length may reach a terminal.
    internal static string Printable(string name)
    {
        string shown = name.Length > LongestName ? name[..LongestName] + "…" : name;
        return string.Create(shown.Length, shown, static (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
                target[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
        });
    }
}
