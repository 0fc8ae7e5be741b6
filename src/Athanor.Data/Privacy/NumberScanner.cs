namespace Athanor.Data.Privacy;

/// <summary>Numbers with a form or check digits of their own: telephones, bank accounts, cards.</summary>
internal static class NumberScanner
{
    /// <summary>13 to 19 digits, single blanks or hyphens between them, right by Luhn's check and begun as cards are.</summary>
    public static PiiMatch Card(ReadOnlySpan<char> text, int at)
    {
        Span<byte> digits = stackalloc byte[20];
        int count = Digits(text, at, digits, out int end);
        return count is >= 13 and <= 19 && IsScheme(digits[..count]) && Luhn(digits[..count]) && Free(text, at, end) ? new PiiMatch(PiiKind.Card, at, end - at) : default;
    }

    /// <summary>
    /// With + in front 8 to 15 digits, or ten digits in groups of 3, 3 and 4, the first perhaps in brackets, with or without 1 in front. Neither area code nor exchange begins with 0 or 1.
    /// </summary>
    public static PiiMatch Phone(ReadOnlySpan<char> text, int at, int free)
    {
        int start = at;
        if (at > free && text[at - 1] == '+')
        {
            int count = 0, end = at, last = at;
            while (end < text.Length && end - at < 24)
            {
                if (char.IsAsciiDigit(text[end]))
                    (count, last) = (count + 1, end + 1);
                else if (!(text[end] is ' ' or '-' or '.' or '(' or ')' or '/' && end + 1 < text.Length && text[end + 1] is (>= '0' and <= '9') or '(' or ')' or ' '))
                    break;
                end++;
            }
            return count is >= 8 and <= 15 && text[at] != '0' && Ends(text, last) ? new PiiMatch(PiiKind.Phone, at - 1, last - at + 1) : default;
        }
        if (text[at] == '1' && at + 1 < text.Length && text[at + 1] is ' ' or '-' or '.')
            at += 2;
        bool bracket = at < text.Length && text[at] == '(';
        at += bracket ? 1 : 0;
        bool before = !bracket && at == start && at > free && text[at - 1] == '(';
        if (!Group(text, at, 3, code: true))
            return default;
        at += 3;
        if (bracket || before)
        {
            if (at >= text.Length || text[at] != ')')
                return default;
            at++;
        }
        int gap = at;
        while (at < text.Length && at - gap < 2 && text[at] is ' ' or '-' or '.')
            at++;
        // Ten digits without a mark between are as likely a number of something else.
        if (at == gap && !(bracket || before))
            return default;
        if (!Group(text, at, 3, code: true))
            return default;
        at += 3;
        if (at >= text.Length || text[at] is not (' ' or '-' or '.') || !Group(text, at + 1, 4, code: false))
            return default;
        at += 5;
        return Ends(text, at) && (start == 0 || text[start - 1] is not ('.' or '-' or '_' or '/')) ? new PiiMatch(PiiKind.Phone, before ? start - 1 : start, at - start + (before ? 1 : 0)) : default;
    }

    /// <summary>Two capitals, two check digits, 11 to 30 more characters in groups of four or in one, right modulo 97 (ISO 13616).</summary>
    public static PiiMatch Iban(ReadOnlySpan<char> text, int at)
    {
        if (at + 15 > text.Length || !char.IsAsciiLetterUpper(text[at + 1]) || !char.IsAsciiDigit(text[at + 2]) || !char.IsAsciiDigit(text[at + 3]))
            return default;
        Span<char> account = stackalloc char[34];
        int count = 0, end = at, best = 0;
        while (end < text.Length && count < 34)
        {
            char unit = text[end];
            if (unit == ' ' && count % 4 == 0 && end + 1 < text.Length && char.IsAsciiLetterOrDigit(text[end + 1]) && text[end - 1] != ' ')
            {
                // Behind a group of four the account may be over, or go on.
                best = count >= 15 && Mod97(account[..count]) ? end : best;
                end++;
                continue;
            }
            if (!char.IsAsciiDigit(unit) && !char.IsAsciiLetterUpper(unit))
                break;
            account[count++] = unit;
            end++;
        }
        if (count >= 15 && Mod97(account[..count]) && (end == text.Length || !char.IsLetterOrDigit(text[end])))
            best = end;
        return best > 0 ? new PiiMatch(PiiKind.Iban, at, best - at) : default;
    }

    private static bool Mod97(ReadOnlySpan<char> account)
    {
        int rest = 0;
        for (int i = 0; i < account.Length; i++)
        {
            char unit = account[(i + 4) % account.Length];
            rest = char.IsAsciiDigit(unit) ? (rest * 10 + unit - '0') % 97 : (rest * 100 + unit - 'A' + 10) % 97;
        }
        return rest == 1;
    }

    private static bool Luhn(ReadOnlySpan<byte> digits)
    {
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            int digit = digits[^(i + 1)];
            sum += (i & 1) == 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
        }
        return sum % 10 == 0;
    }

    /// <summary>Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro.</summary>
    private static bool IsScheme(ReadOnlySpan<byte> digits)
    {
        int two = digits[0] * 10 + digits[1], four = two * 100 + digits[2] * 10 + digits[3];
        return digits[0] == 4 ? digits.Length is 13 or 16 or 19
            : two is >= 51 and <= 55 || four is >= 2221 and <= 2720 ? digits.Length == 16
            : two is 34 or 37 ? digits.Length == 15
            : two is 36 or 38 or 30 ? digits.Length == 14
            : (two is 65 or 62 or 35 || four is 6011 or 5018 or 5020 or 5038 or 6304 or 6759 or 6761 or 6763) && digits.Length is >= 16 and <= 19;
    }

    private static int Digits(ReadOnlySpan<char> text, int at, Span<byte> digits, out int end)
    {
        int count = 0;
        end = at;
        for (int i = at; i < text.Length && count < digits.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                digits[count++] = (byte)(text[i] - '0');
                end = i + 1;
            }
            else if (text[i] is not (' ' or '-') || text[i - 1] is ' ' or '-')
            {
                break;
            }
        }
        return count;
    }

    private static bool Group(ReadOnlySpan<char> text, int at, int length, bool code)
    {
        if (at + length > text.Length || (code && text[at] is '0' or '1'))
            return false;
        return text.Slice(at, length).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static bool Free(ReadOnlySpan<char> text, int start, int end) => Ends(text, end) && (start == 0 || text[start - 1] is not ('.' or '-' or '_' or '/'));

    private static bool Ends(ReadOnlySpan<char> text, int end) =>
        end == text.Length || !(char.IsLetterOrDigit(text[end]) || text[end] is '_' || (text[end] is '-' or '.' or '/' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1])));
}
