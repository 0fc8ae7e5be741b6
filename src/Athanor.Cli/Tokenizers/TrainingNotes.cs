using System.Diagnostics;
using System.Globalization;
using Athanor.Tokenizers.Training;

namespace Athanor.Cli.Tokenizers;

/// <summary>Says every few seconds how far a training is, on standard error: a line that overwrites itself on a terminal, lines of their own elsewhere.</summary>
internal sealed class TrainingNotes(TextWriter errors) : IProgress<TrainingProgress>
{
    private readonly bool _terminal = errors == Console.Error && !Console.IsErrorRedirected;
    private long _last = Stopwatch.GetTimestamp();

    public void Report(TrainingProgress value)
    {
        if (Stopwatch.GetElapsedTime(_last).TotalSeconds < (_terminal ? 0.5 : 10))
            return;
        _last = Stopwatch.GetTimestamp();
        string text = string.Create(CultureInfo.InvariantCulture, $"{value}");
        if (_terminal)
            errors.Write($"\r{text}\u001b[K");
        else
            errors.WriteLine(text);
    }
}
