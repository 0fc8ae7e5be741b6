using System.Net;
using System.Net.Sockets;

namespace Athanor.Data.Privacy;

/// <summary>Internet addresses. Versions ("1.2.3.4.5") and parts of longer words are none.</summary>
internal static class IpScanner
{
    private const int LongestV6 = 45;

    /// <summary>Four numbers up to 255 with dots between.</summary>
    public static PiiMatch V4(ReadOnlySpan<char> text, int at, bool publicOnly)
    {
        if (at > 0 && text[at - 1] is '.' or '_' or '-' && at > 1 && char.IsLetterOrDigit(text[at - 2]))
            return default;
        Span<byte> parts = stackalloc byte[4];
        int end = at;
        for (int part = 0; part < 4; part++)
        {
            int value = 0, digits = 0;
            while (end < text.Length && digits < 4 && char.IsAsciiDigit(text[end]))
            {
                value = value * 10 + (text[end++] - '0');
                digits++;
            }
            if (digits is 0 or > 3 || value > 255)
                return default;
            parts[part] = (byte)value;
            if (part < 3 && (end == text.Length || text[end++] != '.'))
                return default;
        }
        if (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_' || (text[end] == '.' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))))
            return default;
        return publicOnly && !IsPublic(parts) ? default : new PiiMatch(PiiKind.Ip, at, end - at);
    }

    /// <summary>Groups of hexadecimal digits with colons between, in any of the forms of RFC 4291.</summary>
    public static PiiMatch V6(ReadOnlySpan<char> text, int at, bool publicOnly)
    {
        // The rest of what has been looked at from its beginning.
        if (at > 1 && text[at - 1] == ':' && (char.IsAsciiHexDigit(text[at - 2]) || text[at - 2] == ':'))
            return default;
        int end = at, colons = 0;
        while (end < text.Length && end - at < LongestV6 && (char.IsAsciiHexDigit(text[end]) || text[end] is ':' or '.'))
            colons += text[end++] == ':' ? 1 : 0;
        while (end > at && text[end - 1] == '.')
            end--;
        // A colon may follow an address, as in a list of them.
        if (end > at + 2 && text[end - 1] == ':' && text[end - 2] != ':')
            end--;
        if (colons < 2 || end - at < 3 || (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == ':')))
            return default;
        ReadOnlySpan<char> candidate = text[at..end];
        // Times such as 12:30:45 have too few groups; without :: there must be seven colons, or six and an IPv4 address.
        if (candidate.IndexOf("::") < 0 && colons < 6)
            return default;
        // Names such as a::b in programs have no digit, or few characters.
        if (candidate.IndexOfAnyInRange('0', '9') < 0 || (candidate[0] != ':' && candidate.IndexOf(':') < 3 && colons < 4))
            return default;
        if (!IPAddress.TryParse(candidate, out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            return default;
        return publicOnly && !IsPublic(address) ? default : new PiiMatch(PiiKind.Ip, at, end - at);
    }

    /// <summary>Not one of the ranges that IANA keeps for private, local, test or multicast use.</summary>
    private static bool IsPublic(ReadOnlySpan<byte> parts) => parts[0] switch
    {
        0 or 10 or 127 or >= 224 => false,
        100 => parts[1] is < 64 or > 127,
        169 => parts[1] != 254,
        172 => parts[1] is < 16 or > 31,
        192 => parts[1] != 168 && !(parts[1] == 0 && parts[2] is 0 or 2),
        198 => parts[1] is not (18 or 19) && !(parts[1] == 51 && parts[2] == 100),
        203 => !(parts[1] == 0 && parts[2] == 113),
        _ => true,
    };

    private static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return IsPublic(address.MapToIPv4().GetAddressBytes());
        byte[] bytes = address.GetAddressBytes();
        bool documentation = bytes is [0x20, 0x01, 0x0d, 0xb8, ..];
        return !documentation && !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.IsIPv6UniqueLocal && !address.IsIPv6SiteLocal && !IPAddress.IsLoopback(address) && !address.Equals(IPAddress.IPv6None);
    }
}
