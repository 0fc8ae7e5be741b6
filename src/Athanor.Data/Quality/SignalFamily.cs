using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>Numbers about a text that are computed together, all in one sense of word and line. Some families also change the text: what follows them sees the new one.</summary>
internal abstract class SignalFamily
{
    /// <summary>Stands in front of the signals' names: <c>datatrove</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The signals' names without the family's.</summary>
    public abstract IReadOnlyList<string> Signals { get; }

    /// <summary>Whether the text may be another afterwards.</summary>
    public virtual bool ChangesText => false;

    /// <summary>Computes the signals of the frame's text.</summary>
    /// <param name="frame">The text; a family that changes it puts the new one here.</param>
    /// <param name="values">Takes a number for each signal.</param>
    /// <param name="spans">Takes what made the number, where it can be shown.</param>
    public abstract void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans);

    /// <summary>A share of nothing is 0.</summary>
    protected static float Share(double part, double whole) => whole > 0 ? (float)(part / whole) : 0;
}
