using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Privacy;

/// <summary>Masks, replaces or counts personal data and secrets.</summary>
internal sealed class PiiStep(PiiSettings settings) : DocumentStep
{
    private static readonly string[] OtherNumbers = ["isbn", "doi", "#"];
    private readonly PiiScanner _scanner = new(settings.Kinds.Count > 0 ? settings.Kinds.ToHashSet() : [.. Enum.GetValues<PiiKind>()], settings.PublicAddressesOnly);
    private readonly List<PiiMatch> _matches = [];
    private readonly StringBuilder _text = new();

    public override IReadOnlyList<string> Signals { get; } = ["finds", "emails", "phones", "ips", "ibans", "cards", "secrets"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        ArgumentNullException.ThrowIfNull(document);
        string text = document.Text;
        _matches.Clear();
        _scanner.Find(text, _matches);
        if (settings.ContextCharacters > 0)
            _matches.RemoveAll(match => match.Kind is PiiKind.Phone or PiiKind.Ip && IsOtherNumber(text, match));
        if (!signals.IsEmpty)
        {
            signals.Clear();
            signals[0] = _matches.Count;
            foreach (PiiMatch match in _matches)
                signals[1 + (int)match.Kind]++;
        }
        if (_matches.Count > settings.MaxFinds)
            return new Removal("pii_finds", _matches.Count, settings.MaxFinds, new TextSpan(_matches[0].Start, _matches[0].Length), _matches[0].Kind.ToString());
        if (_matches.Count > 0 && settings.Action != PiiAction.Count)
            document = document with { Text = Replaced(text) };
        return null;
    }

    private bool IsOtherNumber(string text, PiiMatch match)
    {
        int from = Math.Max(0, match.Start - settings.ContextCharacters), to = Math.Min(text.Length, match.End + settings.ContextCharacters);
        ReadOnlySpan<char> context = text.AsSpan(from, to - from);
        foreach (string word in OtherNumbers)
        {
            if (context.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private string Replaced(string text)
    {
        _text.Clear();
        int from = 0;
        foreach (PiiMatch match in _matches)
        {
            _text.Append(text, from, match.Start - from);
            _text.Append(settings.Action == PiiAction.Mask ? PiiReplacement.Mask(match.Kind) : PiiReplacement.Example(match.Kind, text.AsSpan(match.Start, match.Length)));
            from = match.End;
        }
        return _text.Append(text, from, text.Length - from).ToString();
    }
}
