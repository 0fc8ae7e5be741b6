using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>Holds documents against the rules of a plan. Where nobody asks for signals it stops at the first rule that is violated; where somebody does, all are computed.</summary>
internal sealed class QualityFilter(QualityPlan plan) : DocumentStep
{
    private const int LongestNote = 80;
    private readonly TextFrame _frame = new();
    private readonly IReadOnlyList<SignalFamily> _families = plan.Families();
    private readonly float[] _values = new float[plan.Signals.Count];
    private readonly TextSpan[] _spans = new TextSpan[plan.Signals.Count];
    private readonly int[] _familyEnds = Ends(plan.Families());

    public override IReadOnlyList<string> Signals => plan.Signals;

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        ArgumentNullException.ThrowIfNull(document);
        string original = document.Text;
        _frame.Set(original);
        Array.Clear(_spans);
        Removal? removal = null;
        int measured = 0, from = 0;
        foreach (SignalFamily family in _families)
        {
            bool changed = !ReferenceEquals(_frame.Text, original);
            string before = _frame.Text;
            int end = _familyEnds[measured];
            family.Measure(_frame, _values.AsSpan(from, end - from), _spans.AsSpan(from, end - from));
            removal ??= Check(from, end, before, changed);
            measured++;
            from = end;
            if (removal is not null && signals.IsEmpty)
                return removal;
        }
        _values.AsSpan(0, Math.Min(_values.Length, signals.Length)).CopyTo(signals);
        if (removal is null && !ReferenceEquals(_frame.Text, original))
            document = document with { Text = _frame.Text };
        return removal;
    }

    /// <summary>The first rule that the values from a place to another violate.</summary>
    /// <param name="from">The first value.</param>
    /// <param name="to">Behind the last.</param>
    /// <param name="text">The text that was measured.</param>
    /// <param name="changed">Whether it is no longer the document's: then places in it mean nothing there, and the note shows what was found.</param>
    private Removal? Check(int from, int to, string text, bool changed)
    {
        for (int i = 0; i < plan.Places.Length; i++)
        {
            int place = plan.Places[i];
            if (place < from || place >= to || plan.Rules[i].Violated(_values[place]) is not { } threshold)
                continue;
            TextSpan span = _spans[place];
            string? note = changed && span.Length > 0 ? text.Substring(span.Start, Math.Min(span.Length, LongestNote)) : null;
            return new Removal(plan.Rules[i].Signal, _values[place], threshold, changed ? default : span, note);
        }
        return null;
    }

    private static int[] Ends(IReadOnlyList<SignalFamily> families)
    {
        var ends = new int[families.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++)
            ends[i] = end += families[i].Signals.Count;
        return ends;
    }
}
