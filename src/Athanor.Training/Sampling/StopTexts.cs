namespace Athanor.Training.Sampling;

/// <summary>
/// Finds the first of several texts in a text that comes in parts: the one that is complete first, and of those that end at the same place the longest. However the
/// text is cut, the result is the same. What may be the beginning of one is held back.
/// </summary>
internal sealed class StopTexts(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>Whether one was found; the text ends before it.</summary>
    public bool Found { get; private set; }

    /// <summary>Takes the next part and gives what certainly belongs to the text.</summary>
    public string Take(string part)
    {
        if (Found || stops.Count == 0)
            return Found ? "" : part;
        string text = _held + part;
        int start = -1, end = int.MaxValue;
        foreach (string stop in stops)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (at + stop.Length < end || (at + stop.Length == end && at < start)))
                (start, end) = (at, at + stop.Length);
        }
        if (start >= 0)
        {
            (Found, _held) = (true, "");
            return text[..start];
        }
        int held = Begun(text);
        _held = text[^held..];
        return text[..^held];
    }

    /// <summary>What was held back, when nothing follows.</summary>
    public string Rest()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>The length of the longest end of the text that begins one of them.</summary>
    private int Begun(string text)
    {
        int longest = 0;
        foreach (string stop in stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.EndsWith(stop[..length], StringComparison.Ordinal))
                    longest = length;
            }
        }
        return longest;
    }
}
