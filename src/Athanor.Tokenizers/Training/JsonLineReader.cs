using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// Walks through JSON Lines without holding a line: finds one string field of each line's object and hands its text out unescaped, in parts.
/// What surrounds the field is checked for its structure only.
/// </summary>
internal sealed class JsonLineReader(Stream stream, string path, string field)
{
    private const int MaxDepth = 512;

    private static readonly SearchValues<byte> TextEnds = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(value => (byte)value)]);

    private readonly byte[] _field = Encoding.UTF8.GetBytes(field);
    private readonly byte[] _in = new byte[1 << 16];
    private readonly byte[] _out = new byte[(1 << 16) + 16];
    private readonly byte[] _key = new byte[1024];
    private int _at, _end;
    private long _line = 1;
    private bool _textEnded;

    /// <summary>Goes to the text of the next line that is not blank; false at the end of the file.</summary>
    public bool NextText()
    {
        SkipSpace(lineEnds: true);
        if (Peek() < 0)
            return false;
        Expect('{', "an object");
        SkipSpace(lineEnds: false);
        if (Peek() == '}')
            throw Error($"has no string field '{field}'; name the field that holds the text");
        while (true)
        {
            Expect('"', "a field name");
            bool found = ReadKey().SequenceEqual(_field);
            SkipSpace(lineEnds: false);
            Expect(':', "':'");
            SkipSpace(lineEnds: false);
            if (found)
            {
                if (Peek() != '"')
                    throw Error($"has a field '{field}' that is not a string; name the field that holds the text");
                _at++;
                _textEnded = false;
                return true;
            }
            SkipValue();
            SkipSpace(lineEnds: false);
            if (Peek() == '}')
                throw Error($"has no string field '{field}'; name the field that holds the text");
            Expect(',', "',' or '}'");
            SkipSpace(lineEnds: false);
        }
    }

    /// <summary>The next part of the text, valid until the next call; empty at its end.</summary>
    public ReadOnlyMemory<byte> ReadText()
    {
        int used = 0;
        while (!_textEnded && used < _out.Length - 16)
        {
            if (Peek() < 0)
                throw Error("ends within a string");
            ReadOnlySpan<byte> rest = _in.AsSpan(_at, Math.Min(_end - _at, _out.Length - 16 - used));
            int plain = rest.IndexOfAny(TextEnds);
            int count = plain < 0 ? rest.Length : plain;
            rest[..count].CopyTo(_out.AsSpan(used));
            used += count;
            _at += count;
            if (plain < 0)
                continue;
            switch (_in[_at++])
            {
                case (byte)'"': _textEnded = true; break;
                case (byte)'\\': used += ReadEscape(_out.AsSpan(used)); break;
                default: throw Error("has a bare control character within a string; write it as \\n, \\t or \\u00XX");
            }
        }
        return _out.AsMemory(0, used);
    }

    /// <summary>Goes to the end of the line behind the text.</summary>
    public void FinishLine()
    {
        SkipSpace(lineEnds: false);
        while (Peek() == ',')
        {
            _at++;
            SkipSpace(lineEnds: false);
            Expect('"', "a field name");
            SkipString();
            SkipSpace(lineEnds: false);
            Expect(':', "':'");
            SkipSpace(lineEnds: false);
            SkipValue();
            SkipSpace(lineEnds: false);
        }
        Expect('}', "',' or '}'");
        SkipSpace(lineEnds: false);
        if (Peek() is not (-1 or '\n'))
            throw Error("has more behind its object");
    }

    private int Peek()
    {
        if (_at < _end)
            return _in[_at];
        _at = 0;
        _end = stream.Read(_in);
        return _end == 0 ? -1 : _in[0];
    }

    private void SkipSpace(bool lineEnds)
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n' or 0xEF)
        {
            // A byte order mark, only at the head of the file.
            if (_in[_at] == 0xEF && !(_line == 1 && lineEnds && _in.AsSpan(_at, _end - _at).StartsWith("\uFEFF"u8)))
                return;
            if (_in[_at] == '\n')
            {
                if (!lineEnds)
                    return;
                _line++;
            }
            _at += _in[_at] == 0xEF ? 3 : 1;
        }
    }

    private void Expect(char what, string name)
    {
        if (Peek() != what)
            throw Error(Peek() < 0 ? $"ends where {name} should stand" : $"has '{(char)Peek()}' where {name} should stand");
        _at++;
    }

    private ReadOnlySpan<byte> ReadKey()
    {
        int used = 0;
        Span<byte> escaped = stackalloc byte[16];
        while (true)
        {
            int next = Peek();
            if (next < 0x20)
                throw Error("ends within a field name");
            _at++;
            if (next == '"')
                return used > _key.Length ? default : _key.AsSpan(0, used);
            ReadOnlySpan<byte> part = [(byte)next];
            if (next == '\\')
                part = escaped[..ReadEscape(escaped)];
            // A longer name is none that anyone asked for; it is read to its end all the same.
            if (used + part.Length <= _key.Length)
                part.CopyTo(_key.AsSpan(used));
            used = Math.Min(used + part.Length, _key.Length + 1);
        }
    }

    private void SkipString()
    {
        while (true)
        {
            if (Peek() < 0)
                throw Error("ends within a string");
            int stop = _in.AsSpan(_at, _end - _at).IndexOfAny(TextEnds);
            if (stop < 0)
            {
                _at = _end;
                continue;
            }
            _at += stop;
            switch (_in[_at++])
            {
                case (byte)'"': return;
                case (byte)'\\':
                    if (Peek() < 0)
                        throw Error("ends within a string");
                    _at++;
                    break;
                default: throw Error("has a bare control character within a string");
            }
        }
    }

    private void SkipValue()
    {
        int depth = 0;
        do
        {
            switch (Peek())
            {
                case '"':
                    _at++;
                    SkipString();
                    break;
                case '{' or '[':
                    _at++;
                    if (++depth > MaxDepth)
                        throw Error($"nests deeper than {MaxDepth}");
                    break;
                case '}' or ']':
                    if (depth == 0)
                        throw Error("has no value behind a field name");
                    _at++;
                    depth--;
                    break;
                case ' ' or '\t' or '\r' or ',' or ':' when depth > 0:
                    _at++;
                    break;
                case -1 or '\n':
                    throw Error("ends within a value");
                default:
                    int start = 0;
                    while (Peek() is (>= '0' and <= '9') or (>= 'a' and <= 'z') or '+' or '-' or '.' or 'E')
                    {
                        _at++;
                        start++;
                    }
                    if (start == 0)
                        throw Error($"has '{(char)Peek()}' where a value should stand");
                    break;
            }
        }
        while (depth > 0);
    }

    private int ReadEscape(Span<byte> to)
    {
        int kind = Peek();
        _at++;
        switch (kind)
        {
            case '"' or '\\' or '/': to[0] = (byte)kind; return 1;
            case 'b': to[0] = 8; return 1;
            case 'f': to[0] = 12; return 1;
            case 'n': to[0] = 10; return 1;
            case 'r': to[0] = 13; return 1;
            case 't': to[0] = 9; return 1;
            case 'u': break;
            default: throw Error("has an unknown escape within a string");
        }
        int unit = ReadHex();
        int length = 0;
        while (char.IsHighSurrogate((char)unit) && Peek() == '\\')
        {
            _at++;
            if (Peek() != 'u')
            {
                // The escape behind it is of another kind.
                length += new Rune(0xFFFD).EncodeToUtf8(to[length..]);
                return length + ReadEscape(to[length..]);
            }
            _at++;
            int low = ReadHex();
            if (char.IsLowSurrogate((char)low))
                return length + new Rune((char)unit, (char)low).EncodeToUtf8(to[length..]);
            length += new Rune(0xFFFD).EncodeToUtf8(to[length..]);
            if (length > 6)
                throw Error("has a run of unpaired surrogates within a string");
            unit = low;
        }
        return length + (Rune.TryCreate((char)unit, out Rune rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(to[length..]);
    }

    private int ReadHex()
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            int digit = Peek();
            if (digit < 0 || !char.IsAsciiHexDigit((char)digit))
                throw Error("has an escape without its four hexadecimal digits");
            _at++;
            value = value << 4 | Convert.ToInt32(((char)digit).ToString(), 16);
        }
        return value;
    }

    private InvalidDataException Error(string problem) => new($"Line {_line} of '{path}' {problem}.");
}
