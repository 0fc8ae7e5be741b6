using System.Globalization;
using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>
/// Cuts a template into tokens as Jinja does with <c>trim_blocks</c> and <c>lstrip_blocks</c> on and <c>keep_trailing_newline</c> off,
/// the settings under which chat templates are published.
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] LongOperators = ["**", "//", "==", "!=", ">=", "<="];
    private readonly string _source;
    private readonly List<int> _lineStarts = [0];
    private readonly List<TemplateToken> _tokens = [];
    private int _position;
    private bool _lineStarting = true;

    private TemplateLexer(string source)
    {
        _source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (_source.EndsWith('\n'))
            _source = _source[..^1];
        for (int i = 0; i < _source.Length; i++)
        {
            if (_source[i] == '\n')
                _lineStarts.Add(i + 1);
        }
    }

    public static List<TemplateToken> Tokenize(string source)
    {
        var lexer = new TemplateLexer(source);
        lexer.ReadText();
        return lexer._tokens;
    }

    private void ReadText()
    {
        while (_position < _source.Length)
        {
            int tag = FindTag(_position);
            if (tag < 0)
            {
                AddData(_position, _source.Length);
                break;
            }
            char kind = _source[tag + 1];
            char sign = SignAt(tag + 2);
            AddData(_position, StripBefore(_position, tag, sign, lstrip: kind != '{'));
            _position = tag + 2 + (sign == '\0' ? 0 : 1);
            _lineStarting = false;
            if (kind == '#')
                SkipComment(tag);
            else if (kind == '%' && RawBodyStart() is var body and >= 0)
                ReadRaw(tag, body);
            else
                ReadTag(tag, kind == '%');
        }
        _tokens.Add(new TemplateToken(TokenKind.End, "", At(_source.Length)));
    }

    private int FindTag(int from)
    {
        while ((from = _source.IndexOf('{', from)) >= 0 && from + 1 < _source.Length)
        {
            if (_source[from + 1] is '{' or '%' or '#')
                return from;
            from++;
        }
        return -1;
    }

    private char SignAt(int index) => index < _source.Length && _source[index] is '-' or '+' ? _source[index] : '\0';

    private void AddData(int start, int end)
    {
        if (end > start)
            _tokens.Add(new TemplateToken(TokenKind.Data, _source[start..end], At(start)));
    }

    /// <summary>The end of the text before a tag: <c>-</c> strips all white space, none that of the tag's own line.</summary>
    private int StripBefore(int start, int end, char sign, bool lstrip)
    {
        if (sign == '-')
        {
            while (end > start && PythonText.IsSpace(_source[end - 1]))
                end--;
            return end;
        }
        if (sign == '+' || !lstrip)
            return end;
        int line = end;
        while (line > start && _source[line - 1] != '\n')
        {
            if (!PythonText.IsSpace(_source[line - 1]))
                return end;
            line--;
        }
        return line > start || _lineStarting ? line : end;
    }

    /// <summary>Steps over a tag's end at the position: <c>-</c> takes all white space behind it, none one newline.</summary>
    private void Close(int length, char sign, bool trimNewline)
    {
        _position += length;
        if (sign == '-')
        {
            while (_position < _source.Length && PythonText.IsSpace(_source[_position]))
                _position++;
        }
        else if (sign != '+' && trimNewline && _position < _source.Length && _source[_position] == '\n')
        {
            _position++;
        }
        _lineStarting = _source[_position - 1] == '\n';
    }

    private void SkipComment(int tag)
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
            throw new ChatTemplateException("the comment opened here is never closed; expected '#}'.", At(tag));
        char sign = end > _position ? SignAt(end - 1) : '\0';
        _position = end;
        Close(2, sign, trimNewline: true);
    }

    /// <summary>Where the text of a raw block begins when the tag at the position is <c>raw</c>; -1 otherwise.</summary>
    private int RawBodyStart()
    {
        int at = SkipSpace(_position);
        if (!HasAt(at, "raw"))
            return -1;
        at = SkipSpace(at + 3);
        if (HasAt(at, "-%}"))
            return SkipSpace(at + 3);
        return HasAt(at, "%}") ? at + 2 : -1;
    }

    private void ReadRaw(int tag, int body)
    {
        _lineStarting = _source[body - 1] == '\n';
        for (int end = body; (end = _source.IndexOf("{%", end, StringComparison.Ordinal)) >= 0; end++)
        {
            char sign = SignAt(end + 2);
            int name = SkipSpace(end + 2 + (sign == '\0' ? 0 : 1));
            if (!HasAt(name, "endraw"))
                continue;
            int close = SkipSpace(name + 6);
            char closeSign = SignAt(close);
            if (!HasAt(close + (closeSign == '\0' ? 0 : 1), "%}"))
                continue;
            AddData(body, StripBefore(body, end, sign, lstrip: true));
            _position = close;
            Close(closeSign == '\0' ? 2 : 3, closeSign, trimNewline: true);
            return;
        }
        throw new ChatTemplateException("the raw block opened here is never closed; expected '{% endraw %}'.", At(tag));
    }

    private void ReadTag(int tag, bool block)
    {
        _tokens.Add(new TemplateToken(block ? TokenKind.BlockBegin : TokenKind.VariableBegin, "", At(tag)));
        string close = block ? "%}" : "}}";
        var open = new Stack<char>();
        while (_position < _source.Length)
        {
            char c = _source[_position];
            if (open.Count == 0)
            {
                char sign = c == '-' || (block && c == '+') ? c : '\0';
                if (HasAt(_position + (sign == '\0' ? 0 : 1), close))
                {
                    _tokens.Add(new TemplateToken(block ? TokenKind.BlockEnd : TokenKind.VariableEnd, "", At(_position)));
                    Close(sign == '\0' ? 2 : 3, sign, trimNewline: block);
                    return;
                }
            }
            if (PythonText.IsSpace(c))
                _position++;
            else if (char.IsAsciiDigit(c))
                ReadNumber();
            else if (c == '_' || char.IsLetter(c))
                ReadName();
            else if (c is '\'' or '"')
                ReadString(c);
            else
                ReadOperator(open);
        }
    }

    private void ReadName()
    {
        int start = _position;
        while (_position < _source.Length && (_source[_position] == '_' || char.IsLetterOrDigit(_source[_position])))
            _position++;
        _tokens.Add(new TemplateToken(TokenKind.Name, _source[start.._position], At(start)));
    }

    private void ReadNumber()
    {
        int start = _position;
        int radix = start + 1 < _source.Length && _source[start] == '0' ? char.ToLowerInvariant(_source[start + 1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix != 10)
        {
            int digits = start + 2;
            int end = digits;
            BigInteger value = 0;
            while (end < _source.Length && (_source[end] == '_' || DigitAt(end, radix) >= 0))
            {
                if (_source[end] != '_')
                    value = value * radix + DigitAt(end, radix);
                if (++end - digits > PythonNumber.MaxDigits)
                    throw new ChatTemplateException("this number is too long.", At(start));
            }
            if (end == digits || _source[end - 1] == '_')
                throw new ChatTemplateException("this number has no digits.", At(start));
            _position = end;
            _tokens.Add(new TemplateToken(TokenKind.Number, _source[start..end], At(start), PythonNumber.Normalize(value)));
            return;
        }
        bool afterDot = start > 0 && _source[start - 1] == '.';
        int stop = Digits(start);
        bool real = false;
        if (!afterDot)
        {
            if (stop + 1 < _source.Length && _source[stop] == '.' && char.IsAsciiDigit(_source[stop + 1]))
                (stop, real) = (Digits(stop + 1), true);
            if (stop < _source.Length && _source[stop] is 'e' or 'E')
            {
                int exponent = stop + 1;
                if (exponent < _source.Length && _source[exponent] is '+' or '-')
                    exponent++;
                if (exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
                    (stop, real) = (Digits(exponent), true);
            }
        }
        string text = _source[start..stop].Replace("_", "", StringComparison.Ordinal);
        if (!real && text.Length > PythonNumber.MaxDigits)
            throw new ChatTemplateException("this number is too long.", At(start));
        if (!real && text.Length > 1 && text[0] == '0' && text.AsSpan().ContainsAnyExcept('0'))
            throw new ChatTemplateException($"a number does not begin with zero: '{text}'.", At(start));
        object number = real ? double.Parse(text, CultureInfo.InvariantCulture) : PythonNumber.Normalize(BigInteger.Parse(text, CultureInfo.InvariantCulture));
        _tokens.Add(new TemplateToken(TokenKind.Number, _source[start..stop], At(start), number));
        _position = stop;
    }

    private int Digits(int at)
    {
        while (at < _source.Length && (char.IsAsciiDigit(_source[at]) || (_source[at] == '_' && at + 1 < _source.Length && char.IsAsciiDigit(_source[at + 1]))))
            at++;
        return at;
    }

    private int DigitAt(int at, int radix) => char.IsAsciiHexDigit(_source[at]) && Convert.ToInt32(_source[at].ToString(), 16) is var digit && digit < radix ? digit : -1;

    private void ReadString(char quote)
    {
        int start = _position;
        int end = start + 1;
        while (end < _source.Length && _source[end] != quote)
            end += _source[end] == '\\' ? 2 : 1;
        if (end >= _source.Length)
            throw new ChatTemplateException($"the string opened here is never closed; expected {quote}.", At(start));
        _tokens.Add(new TemplateToken(TokenKind.String, StringEscapes.Unescape(_source.AsSpan(start + 1, end - start - 1), At(start)), At(start)));
        _position = end + 1;
    }

    private void ReadOperator(Stack<char> open)
    {
        char c = _source[_position];
        string text = Array.Find(LongOperators, o => HasAt(_position, o)) ?? c.ToString();
        if (text.Length == 1 && !"+-/*%~[](){}><=.:|,;".Contains(c, StringComparison.Ordinal))
            throw new ChatTemplateException($"unexpected character '{c}'; expected an expression, an operator or the end of the tag.", At(_position));
        if (text is "(" or "[" or "{")
        {
            open.Push(text switch { "(" => ')', "[" => ']', _ => '}' });
        }
        else if (text is ")" or "]" or "}")
        {
            if (!open.TryPop(out char expected))
                throw new ChatTemplateException($"unexpected '{c}': nothing is open here.", At(_position));
            if (expected != c)
                throw new ChatTemplateException($"unexpected '{c}'; expected '{expected}'.", At(_position));
        }
        _tokens.Add(new TemplateToken(TokenKind.Operator, text, At(_position)));
        _position += text.Length;
    }

    private int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
            at++;
        return at;
    }

    private bool HasAt(int at, string text) => at <= _source.Length && _source.AsSpan(at).StartsWith(text, StringComparison.Ordinal);

    private SourcePosition At(int index)
    {
        int line = _lineStarts.BinarySearch(index);
        if (line < 0)
            line = ~line - 1;
        return new SourcePosition(line + 1, index - _lineStarts[line] + 1);
    }
}
