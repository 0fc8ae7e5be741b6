using System.Text;

namespace Athanor.Serving.Chat;

/// <summary>What an answer says next: text, or a part of a tool call.</summary>
/// <param name="Text">Text of the answer; empty in parts of calls.</param>
/// <param name="Call">The part of a call.</param>
internal readonly record struct SpokenPart(string Text, CallPart? Call);

/// <summary>A part of a call: the first has the id and the name, the later ones further characters of the arguments.</summary>
internal sealed record CallPart(int Index, string? Id, string? Name, string Arguments);

/// <summary>
/// Parts the text of one answer into what is said and which tools are called. Decides by what has come so far only, so a text that comes in pieces
/// gives the same calls as one that comes at once. What turns out to be no call is text.
/// </summary>
internal sealed class ToolCallReader(ToolCallFormat format, Func<string, bool> isTool, bool parallel, Func<string> newId)
{
    private enum Mode { Start, Text, Call, Behind, Closed }

    private readonly StringBuilder _raw = new();
    private Mode _mode = Mode.Start;
    private CallObjectReader? _call;
    private string _held = "";
    private bool _announced, _inObject;
    private int _lead;

    /// <summary>Calls that have begun.</summary>
    public int Calls { get; private set; }

    /// <summary>Takes further text of the answer.</summary>
    public void Feed(string text, ICollection<SpokenPart> parts)
    {
        _held += text;
        while (Step(parts))
        {
        }
    }

    /// <summary>Gives what was held back: the answer is over.</summary>
    public void End(ICollection<SpokenPart> parts)
    {
        if (_mode == Mode.Call && !_announced)
            Give(_raw + _held, parts);
        else if (_mode is Mode.Start or Mode.Text && !(Calls > 0 && string.IsNullOrWhiteSpace(_held)))
            Give(_held, parts);
        (_held, _mode) = ("", Mode.Closed);
    }

    private bool Step(ICollection<SpokenPart> parts) => _held.Length > 0 && _mode switch
    {
        Mode.Start => AtStart(),
        Mode.Text => InText(parts),
        Mode.Call => InCall(parts),
        Mode.Behind => Behind(),
        _ => Drop(),
    };

    private bool AtStart()
    {
        if (format.Start.Length > 0)
        {
            _mode = Mode.Text;
            return true;
        }
        int first = FirstNonSpace();
        if (first < 0)
            return false;
        // Where no mark announces calls, only an answer that begins with an object is one.
        if (_held[first] == '{')
            Open(0, 0);
        else
            _mode = Mode.Text;
        return true;
    }

    private bool InText(ICollection<SpokenPart> parts)
    {
        int start = format.Start.Length == 0 ? -1 : _held.IndexOf(format.Start, StringComparison.Ordinal);
        if (start >= 0)
        {
            int said = _held.AsSpan(0, start).TrimEnd().Length;
            Give(_held[..said], parts);
            _held = _held[said..];
            Open(start - said, start - said + format.Start.Length);
            return true;
        }
        int kept = 0;
        for (int length = Math.Min(format.Start.Length - 1, _held.Length); length > 0 && kept == 0; length--)
        {
            if (_held.EndsWith(format.Start.AsSpan(0, length), StringComparison.Ordinal))
                kept = length;
        }
        // White space before a call is not said, so it waits until it is known what follows.
        int sure = format.Start.Length == 0 ? _held.Length : _held.AsSpan(0, _held.Length - kept).TrimEnd().Length;
        Give(_held[..sure], parts);
        _held = _held[sure..];
        return false;
    }

    private bool InCall(ICollection<SpokenPart> parts)
    {
        int at = 0;
        while (at < _held.Length && !_call!.IsDone && !_call.HasFailed)
        {
            char c = _held[at++];
            _raw.Append(c);
            // In an array, brackets and commas stand before the objects.
            if (!_inObject && format.IsList && c is '[' or ',')
                continue;
            _inObject |= c == '{';
            _call.Feed(c);
            if (_call.IsCertain && !_announced)
            {
                _announced = true;
                parts.Add(new SpokenPart("", new CallPart(Calls++, newId(), _call.Name, "")));
            }
        }
        _held = _held[at..];
        if (_announced && _call!.TakeArguments() is { Length: > 0 } arguments)
            parts.Add(new SpokenPart("", new CallPart(Calls - 1, null, null, arguments)));
        if (_call!.HasFailed && !_announced)
        {
            // No call after all: its characters are text, and a mark within them is looked for behind the first character.
            string raw = _raw.ToString();
            Give(raw[..(_lead + 1)], parts);
            (_held, _mode) = (raw[(_lead + 1)..] + _held, Mode.Text);
            return true;
        }
        if (!_call.IsDone && !_call.HasFailed)
            return false;
        _mode = parallel ? Mode.Behind : Mode.Closed;
        return true;
    }

    /// <summary>After a call: another one, or text again.</summary>
    private bool Behind()
    {
        if (format.End is { } end)
        {
            ReadOnlySpan<char> next = _held.AsSpan().TrimStart();
            if (!next.StartsWith(end, StringComparison.Ordinal))
            {
                if (end.AsSpan().StartsWith(next, StringComparison.Ordinal))
                    return false;
                _mode = Mode.Text;
                return true;
            }
            (_held, _mode) = (next[end.Length..].ToString(), Mode.Text);
            return true;
        }
        int first = FirstNonSpace();
        if (first < 0)
            return false;
        char c = _held[first];
        if (format.IsList ? c == ',' : c == '{')
            Open(0, 0);
        else if (c is ';' or ']')
            _held = _held[(first + 1)..];
        else
            _mode = Mode.Text;
        if (c == ']')
            _mode = Mode.Text;
        return true;
    }

    private bool Drop()
    {
        _held = "";
        return false;
    }

    /// <summary>Begins a call behind white space and a mark, which are text again where it is no call.</summary>
    private void Open(int lead, int mark)
    {
        _raw.Clear().Append(_held, 0, mark);
        (_held, _lead) = (_held[mark..], lead);
        (_call, _announced, _inObject, _mode) = (new CallObjectReader(isTool), false, false, Mode.Call);
    }

    private int FirstNonSpace()
    {
        int length = _held.AsSpan().TrimStart().Length;
        return length == 0 ? -1 : _held.Length - length;
    }

    private static void Give(string text, ICollection<SpokenPart> parts)
    {
        if (text.Length > 0)
            parts.Add(new SpokenPart(text, null));
    }
}
