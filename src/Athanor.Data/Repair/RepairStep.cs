using System.Buffers;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Data.Repair;

/// <summary>Repairs texts: first what encodings did, then characters one by one, then the form, then white space.</summary>
internal sealed class RepairStep(RepairSettings settings) : DocumentStep
{
    /// <summary>Characters that may have to go or to change; a text without any is only searched.</summary>
    private static readonly SearchValues<char> Suspects = SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(unit => unit is not ('\t' or '\n')).Concat(Enumerable.Range(0x7F, 0x22)).Concat([0xAD])
        .Concat(Enumerable.Range(0x2000, 0x70)).Concat([0x1680, 0x3000, 0xFEFF]).Concat(Enumerable.Range(0xD800, 0x800)).Select(unit => (char)unit)]);

    private readonly UnicodeNormalizer _normalizer = new(UnicodeForm.Nfc);
    private readonly NormalizedText _normalized = new();
    private readonly StringBuilder _text = new();

    public override IReadOnlyList<string> Signals { get; } = ["mojibake", "controls", "zero_width", "line_ends", "composed"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        ArgumentNullException.ThrowIfNull(document);
        string text = document.Text;
        int mojibake = 0, composed = 0;
        (int Controls, int ZeroWidth, int LineEnds) counts = default;
        if (settings.Mojibake)
            text = Mojibake.Repair(text, out mojibake);
        if (text.AsSpan().ContainsAny(Suspects))
            text = Characters(text, ref counts);
        if (settings.Nfc)
            text = Compose(text, ref composed);
        if (settings.TrailingSpace || settings.MaxLineFeeds is not null)
            text = Lines(text);
        if (!signals.IsEmpty)
            (signals[0], signals[1], signals[2], signals[3], signals[4]) = (mojibake, counts.Controls, counts.ZeroWidth, counts.LineEnds, composed);
        if (text != document.Text)
            document = document with { Text = text };
        return null;
    }

    private string Characters(string text, ref (int Controls, int ZeroWidth, int LineEnds) counts)
    {
        _text.Clear();
        int copied = 0;
        for (int at = 0; at < text.Length; at++)
        {
            int next = text.AsSpan(at).IndexOfAny(Suspects);
            if (next < 0)
                break;
            at += next;
            string? other = Instead(text, at, out int units, ref counts);
            if (other is not null)
            {
                _text.Append(text, copied, at - copied).Append(other);
                copied = at + units;
            }
            at += units - 1;
        }
        return copied == 0 ? text : _text.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>What stands for a character, or null where it stays.</summary>
    private string? Instead(string text, int at, out int units, ref (int Controls, int ZeroWidth, int LineEnds) counts)
    {
        char unit = text[at];
        units = 1;
        switch (unit)
        {
            case '\r' or '\u0085' or '\u2028' or '\u2029' when settings.LineEnds:
                units = unit == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1;
                counts.LineEnds++;
                return "\n";
            case '\r':
                return null;
            case '\u00AD' or '\u200B' or '\u2060' or '\uFEFF':
                if (!settings.ZeroWidth)
                    return null;
                counts.ZeroWidth++;
                return "";
            case '\u2018' or '\u2019' or '\u201A' or '\u201B' when settings.StraightQuotes:
                return "'";
            case '\u201C' or '\u201D' or '\u201E' or '\u201F' when settings.StraightQuotes:
                return "\"";
            case '\u00A0' or '\u1680' or (>= '\u2000' and <= '\u200A') or '\u202F' or '\u205F' or '\u3000' when settings.PlainSpaces:
                return " ";
            case >= '\uD800' and <= '\uDFFF':
                if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                {
                    units = 2;
                    return null;
                }
                if (!settings.ControlCharacters)
                    return null;
                counts.Controls++;
                return "\uFFFD";
            case < ' ' or (>= '\u007F' and <= '\u009F') or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') when settings.ControlCharacters:
                counts.Controls++;
                return "";
            default:
                return null;
        }
    }

    private string Compose(string text, ref int composed)
    {
        // Nothing below U+0300 composes with what stands before it.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0)
            return text;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (_normalizer.Leaves(bytes))
            return text;
        _normalized.Reset(bytes, 0, aligned: false);
        _normalizer.Apply(_normalized);
        composed = 1;
        return Encoding.UTF8.GetString(_normalized.Bytes);
    }

    private string Lines(string text)
    {
        _text.Clear();
        int feeds = 0;
        foreach (Range range in text.AsSpan().Split('\n'))
        {
            ReadOnlySpan<char> line = text.AsSpan()[range];
            line = settings.TrailingSpace ? line.TrimEnd() : line;
            if (range.Start.Value > 0 && ++feeds <= (settings.MaxLineFeeds ?? int.MaxValue))
                _text.Append('\n');
            feeds = line.Length > 0 ? 0 : feeds;
            _text.Append(line);
        }
        return _text.ToString();
    }
}
