namespace Athanor.Inference.Constraints;

/// <summary>Formats of strings in JSON Schema as regular expressions.</summary>
internal static class StringFormats
{
    // RFC 3339. Days of the 29th of February only in leap years.
    private const string Date =
        "([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|[0-9]{4}-(0[13-9]|1[0-2])-(29|30)|[0-9]{4}-(0[13578]|1[02])-31"
        + "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";

    private const string Time = @"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    private const string Byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string Label = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";

    public static IReadOnlyList<string> Names { get; } = ["date", "time", "date-time", "duration", "uuid", "email", "hostname", "ipv4", "uri"];

    /// <summary>The expression of a format; null where it is not known.</summary>
    public static string? Find(string name) => name switch
    {
        "date" => Date,
        "time" => Time,
        "date-time" => Date + "T" + Time,
        "duration" => "P([0-9]{1,4}W|([0-9]{1,4}Y)?([0-9]{1,4}M)?[0-9]{1,4}D|([0-9]{1,4}Y)?[0-9]{1,4}M|[0-9]{1,4}Y"
            + "|([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}D)?T(([0-9]{1,4}H)?([0-9]{1,4}M)?[0-9]{1,4}S|([0-9]{1,4}H)?[0-9]{1,4}M|[0-9]{1,4}H))",
        "uuid" => "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        "email" => $@"[a-zA-Z0-9!#$%&'*+/=?^_`{{|}}~-]+(\.[a-zA-Z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{Label}(\.{Label})+",
        "hostname" => $@"{Label}(\.{Label})*",
        "ipv4" => $@"{Byte}(\.{Byte}){{3}}",
        "uri" => @"[a-zA-Z][a-zA-Z0-9+.-]*:([a-zA-Z0-9._~:/?#@!$&'()*+,;=\[\]-]|%[0-9a-fA-F]{2})+",
        _ => null,
    };
}
