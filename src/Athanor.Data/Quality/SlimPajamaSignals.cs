using System.Text;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>SlimPajama's only rule about a text alone: its length without ASCII punctuation, with each run of white space as one blank and none around.</summary>
internal sealed class SlimPajamaSignals : SignalFamily
{
    public override string Name => "slimpajama";

    public override IReadOnlyList<string> Signals { get; } = ["characters"];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        int count = 0;
        bool blank = false;
        foreach (Rune rune in frame.Text.EnumerateRunes())
        {
            if (rune.IsAscii && char.IsAscii((char)rune.Value) && (char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value)))
                continue;
            if (rune.IsBmp && CharacterClasses.IsSpace((char)rune.Value))
            {
                blank = true;
                continue;
            }
            count += blank && count > 0 ? 2 : 1;
            blank = false;
        }
        values[0] = count;
    }
}
