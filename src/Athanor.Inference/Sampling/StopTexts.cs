namespace Athanor.Inference.Sampling;

/// <summary>
/// Finds the first of several texts in a text that comes in parts: the one that is complete first, and of those that end at the same place the longest. However the
/// text is cut, the result is the same. What may be the beginning of one is held back.
/// </summary>
/// <param name="stops">The texts, none empty.</param>
/// <param name="include">Whether the text that was found belongs to the result.</param>
public sealed class StopTexts(IReadOnlyList<string> stops, bool include = false)
{
    private string _held = "";

    /// <summary>The text that was found; the result ends before it, or behind it where it is included.</summary>
    public string? Found { get; private set; }

    /// <summary>Takes the next part and gives what certainly belongs to the text.</summary>
    public string Take(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (Found is not null || stops.Count == 0)
            return Found is not null ? "" : part;
        if (part.Length == 0)
            return "";
        string text = _held.Length == 0 ? part : _held + part;
        int start = -1, end = int.MaxValue;
        foreach (string stop in stops)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (at + stop.Length < end || (at + stop.Length == end && at < start)))
                (start, end) = (at, at + stop.Length);
        }
        if (start >= 0)
        {
            (Found, _held) = (text[start..end], "");
            return include ? text[..end] : text[..start];
        }
        int held = Begun(text);
        _held = held == 0 ? "" : text[^held..];
        return held == 0 ? text : text[..^held];
    }

    /// <summary>What was held back, when nothing follows.</summary>
    public string Rest()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>The length of the longest end of the text that begins one of them.</summary>
    private int Begun(ReadOnlySpan<char> text)
    {
        int longest = 0;
        foreach (string stop in stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.EndsWith(stop.AsSpan(0, length), StringComparison.Ordinal))
                    longest = length;
            }
        }
        return longest;
    }
}
