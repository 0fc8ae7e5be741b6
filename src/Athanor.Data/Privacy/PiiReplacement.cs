using System.Globalization;
using Athanor.Data.Documents;

namespace Athanor.Data.Privacy;

/// <summary>What stands in the place of a find.</summary>
internal static class PiiReplacement
{
    /// <summary>Dolma's masks for its three kinds, and masks of the same form for the others.</summary>
    public static string Mask(PiiKind kind) => kind switch
    {
        PiiKind.Email => "|||EMAIL_ADDRESS|||",
        PiiKind.Phone => "|||PHONE_NUMBER|||",
        PiiKind.Ip => "|||IP_ADDRESS|||",
        PiiKind.Iban => "|||IBAN|||",
        PiiKind.Card => "|||CARD_NUMBER|||",
        _ => "|||SECRET|||",
    };

    /// <summary>
    /// An example that depends on the find alone, so that a name that comes twice stays one name, in any order of documents: mail of example.com, telephones 555-01xx, the networks of RFC 5737 and RFC 3849, a bank
    /// and a card number with wrong check digits, REDACTED for secrets.
    /// </summary>
    public static string Example(PiiKind kind, ReadOnlySpan<char> find)
    {
        uint number = (uint)ContentHash.Of(find);
        return kind switch
        {
            PiiKind.Email => string.Create(CultureInfo.InvariantCulture, $"user{number % 100_000}@example.com"),
            PiiKind.Phone => string.Create(CultureInfo.InvariantCulture, $"{(find[0] == '+' ? "+1 " : "")}{200 + number % 700}-555-01{number / 1000 % 100:00}"),
            PiiKind.Ip when find.Contains(':') => string.Create(CultureInfo.InvariantCulture, $"2001:db8::{number % 0xFFFF:x}"),
            PiiKind.Ip => string.Create(CultureInfo.InvariantCulture, $"{(number % 3) switch { 0 => "192.0.2", 1 => "198.51.100", _ => "203.0.113" }}.{number / 3 % 254 + 1}"),
            PiiKind.Iban => "XX00 0000 0000 0000",
            PiiKind.Card => "0000 0000 0000 0000",
            _ => "REDACTED",
        };
    }
}
