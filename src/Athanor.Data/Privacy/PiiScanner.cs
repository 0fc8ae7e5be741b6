using System.Buffers;

namespace Athanor.Data.Privacy;

/// <summary>
/// Finds personal data and secrets in one walk over a text: each scanner starts at a character that only its kind of find has (@, a digit, ::, a key's first letters) and looks a bounded way to both sides, so that
/// no text can make it slow.
/// </summary>
internal sealed class PiiScanner(IReadOnlySet<PiiKind> kinds, bool publicAddressesOnly)
{
    /// <summary>Letters that begin the prefixes of keys, in <see cref="SecretScanner"/>.</summary>
    private static readonly SearchValues<char> Starts = SearchValues.Create("@0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
    private readonly bool _email = kinds.Contains(PiiKind.Email), _phone = kinds.Contains(PiiKind.Phone), _ip = kinds.Contains(PiiKind.Ip), _iban = kinds.Contains(PiiKind.Iban),
        _card = kinds.Contains(PiiKind.Card), _secret = kinds.Contains(PiiKind.Secret);

    /// <summary>Adds what is found, in the order of the text, without overlaps.</summary>
    public void Find(ReadOnlySpan<char> text, List<PiiMatch> matches)
    {
        int free = 0;
        for (int at = 0; at < text.Length;)
        {
            int next = text[at..].IndexOfAny(Starts);
            if (next < 0)
                break;
            at += next;
            PiiMatch match = At(text, at, free);
            if (match.Length > 0)
            {
                matches.Add(match);
                at = free = match.End;
            }
            else
            {
                at = Skip(text, at);
            }
        }
    }

    private PiiMatch At(ReadOnlySpan<char> text, int at, int free)
    {
        char unit = text[at];
        PiiMatch match = default;
        if (unit == '@')
            return _email ? EmailScanner.At(text, at, free) : default;
        bool begins = at == 0 || !char.IsLetterOrDigit(text[at - 1]);
        if (!begins)
            return default;
        if (char.IsAsciiDigit(unit))
        {
            if (_ip && (match = IpScanner.V4(text, at, publicAddressesOnly)).Length > 0)
                return match;
            if (_ip && (match = IpScanner.V6(text, at, publicAddressesOnly)).Length > 0)
                return match;
            if (_card && (match = NumberScanner.Card(text, at)).Length > 0)
                return match;
            return _phone ? NumberScanner.Phone(text, at, free) : default;
        }
        if (_ip && (unit == ':' || char.IsAsciiHexDigit(unit)) && (match = IpScanner.V6(text, at, publicAddressesOnly)).Length > 0)
            return match;
        if (_iban && char.IsAsciiLetterUpper(unit) && (match = NumberScanner.Iban(text, at)).Length > 0)
            return match;
        return _secret ? SecretScanner.At(text, at) : default;
    }

    /// <summary>The next place at which something can begin: behind a run of letters and digits, but at each @.</summary>
    private static int Skip(ReadOnlySpan<char> text, int at)
    {
        if (!char.IsAsciiLetterOrDigit(text[at]))
            return at + 1;
        int end = at + 1;
        while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
            end++;
        return end;
    }
}
