using System.Text;
using System.Text.Json;

namespace Athanor.Serving.Chat;

/// <summary>
/// Reads one object {"name": …, "arguments": {…}} as it comes, character by character. The call is certain once its name is a tool's and its arguments have begun;
/// from then on their characters are given out as they come.
/// </summary>
internal sealed class CallObjectReader(Func<string, bool> isTool)
{
    private enum Place { Before, Key, InKey, Colon, Value, InName, InArguments, InText, InOther, After, Done, Failed }

    private readonly StringBuilder _token = new(), _arguments = new();
    private Place _place;
    private string _key = "";
    private int _depth;
    private bool _quoted, _escaped, _hasArguments;

    /// <summary>The tool's name, once read.</summary>
    public string? Name { get; private set; }

    /// <summary>Whether this is a call of a known tool.</summary>
    public bool IsCertain => Name is not null && _place != Place.Failed && (_hasArguments || IsDone);

    public bool IsDone => _place == Place.Done;

    /// <summary>Whether this is no call. One that was certain is never taken back.</summary>
    public bool HasFailed => _place == Place.Failed;

    /// <summary>Takes a character; false where the object was over before it.</summary>
    public bool Feed(char c)
    {
        switch (_place)
        {
            case Place.Before:
                To(c == '{' ? Place.Key : IsSpace(c) ? Place.Before : Place.Failed);
                break;
            case Place.Key:
                if (c == '"')
                    Begin(Place.InKey);
                else if (c == '}')
                    Finish();
                else if (!IsSpace(c) && c != ',')
                    To(Place.Failed);
                break;
            case Place.InKey:
                if (EndsString(c))
                    (_key, _place) = (Text(), Place.Colon);
                break;
            case Place.Colon:
                To(c == ':' ? Place.Value : IsSpace(c) ? Place.Colon : Place.Failed);
                break;
            case Place.Value:
                if (!IsSpace(c))
                    BeginValue(c);
                break;
            case Place.InName:
                if (EndsString(c))
                {
                    Name = Text();
                    To(isTool(Name) ? Place.After : Place.Failed);
                }
                break;
            case Place.InText:
                if (EndsString(c))
                {
                    _arguments.Append(Text());
                    (_hasArguments, _place) = (true, Place.After);
                }
                break;
            case Place.InArguments:
                _arguments.Append(c);
                Nest(c);
                break;
            case Place.InOther:
                if (_depth == 0 && !_quoted && c is ',' or '}' && _depth == 0)
                    Close(c);
                else
                    Nest(c);
                break;
            case Place.After:
                if (c is ',' or '}')
                    Close(c);
                else if (!IsSpace(c))
                    To(Place.Failed);
                break;
            default:
                return false;
        }
        return true;
    }

    /// <summary>The characters of the arguments that have come since the last time.</summary>
    public string TakeArguments()
    {
        string text = _arguments.ToString();
        _arguments.Clear();
        return text;
    }

    private void BeginValue(char c)
    {
        bool arguments = _key is "arguments" or "parameters" && !_hasArguments;
        if (_key == "name" && Name is null)
        {
            if (c == '"')
                Begin(Place.InName);
            else
                To(Place.Failed);
        }
        else if (arguments && c == '{')
        {
            (_hasArguments, _depth, _quoted, _escaped, _place) = (true, 1, false, false, Place.InArguments);
            _arguments.Append(c);
        }
        else if (arguments && c == '"')
        {
            // Some models write the object as a string, as OpenAI's API does.
            Begin(Place.InText);
        }
        else
        {
            (_depth, _quoted, _escaped, _place) = (0, false, false, Place.InOther);
            Nest(c);
        }
    }

    /// <summary>Follows quotes and brackets; leaves the value with its last bracket.</summary>
    private void Nest(char c)
    {
        if (_quoted)
        {
            (_quoted, _escaped) = (_escaped || c != '"', !_escaped && c == '\\');
            return;
        }
        _quoted = c == '"';
        _depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0;
        if (_depth == 0 && c is '}' or ']')
            To(Place.After);
    }

    private void Close(char c)
    {
        if (c == '}')
            Finish();
        else
            To(Place.Key);
    }

    private void Finish()
    {
        if (Name is null)
        {
            To(Place.Failed);
            return;
        }
        if (!_hasArguments)
            _arguments.Append("{}");
        To(Place.Done);
    }

    private void Begin(Place place)
    {
        _token.Clear();
        (_escaped, _place) = (false, place);
    }

    private bool EndsString(char c)
    {
        if (!_escaped && c == '"')
            return true;
        _token.Append(c);
        _escaped = !_escaped && c == '\\';
        return false;
    }

    private string Text()
    {
        try
        {
            return JsonSerializer.Deserialize($"\"{_token}\"", StringJson.Default.String) ?? "";
        }
        catch (JsonException)
        {
            return _token.ToString();
        }
    }

    private void To(Place place) => _place = place;

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';
}
