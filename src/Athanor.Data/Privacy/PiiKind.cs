namespace Athanor.Data.Privacy;

/// <summary>What can be found that names a person or opens a door.</summary>
public enum PiiKind
{
    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>A telephone number: international with +, or North American in groups of 3, 3 and 4 digits.</summary>
    Phone,

    /// <summary>An IPv4 or IPv6 address.</summary>
    Ip,

    /// <summary>An international bank account number whose check digits are right.</summary>
    Iban,

    /// <summary>A card number of 13 to 19 digits whose check digit is right and whose first digits are a card scheme's.</summary>
    Card,

    /// <summary>A key or token: AWS, GitHub, GitLab, Slack, Stripe, Google, npm, JWT, private key blocks, long random strings behind "key", "token", "secret" or "password".</summary>
    Secret,
}

/// <summary>A find.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">The first UTF-16 code unit.</param>
/// <param name="Length">UTF-16 code units.</param>
public readonly record struct PiiMatch(PiiKind Kind, int Start, int Length)
{
    /// <summary>Behind the last code unit.</summary>
    public int End => Start + Length;
}
