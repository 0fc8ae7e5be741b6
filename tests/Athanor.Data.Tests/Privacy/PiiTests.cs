using Athanor.Data.Documents;
using Athanor.Data.Privacy;
using Athanor.Data.Steps;

namespace Athanor.Data.Tests.Privacy;

public sealed class PiiTests
{
    [Theory]
    [InlineData("write to jane.doe+x@mail.example.co.uk, please", "jane.doe+x@mail.example.co.uk")]
    [InlineData("<bob@corp.io>", "bob@corp.io")]
    [InlineData("mail:'ann@site.org'.", "ann@site.org")]
    [InlineData("a@b.cd@e.fg", "a@b.cd")]
    [InlineData("nobody@localhost and @handle and a@.com and x@y.1 and .@a.bc", "")]
    [InlineData("one..two@host.net", "two@host.net")]
    public void Email_addresses_are_found(string text, string expected) => Assert.Equal(expected, Found(text, PiiKind.Email));

    [Theory]
    [InlineData("call 415-555-2671 now", "415-555-2671")]
    [InlineData("call (415) 555-2671.", "(415) 555-2671")]
    [InlineData("call (415)555.2671", "(415)555.2671")]
    [InlineData("1-415-555-2671", "1-415-555-2671")]
    [InlineData("+49 30 901820", "+49 30 901820")]
    [InlineData("+442079460958 or +1 (415) 555-2671", "+442079460958|+1 (415) 555-2671")]
    [InlineData("4155552671 and 115-555-2671 and 415-155-2671 and 1415-555-26711 and 2024-12-31 and v415.555.2671", "")]
    public void Telephone_numbers_are_found(string text, string expected) => Assert.Equal(expected, Found(text, PiiKind.Phone));

    [Theory]
    [InlineData("from 8.8.8.8 to 8.8.4.4:53.", "8.8.8.8|8.8.4.4")]
    [InlineData("2001:4860:4860::8888 and [2a00:1450:4001:0830:0000:0000:0000:200e]", "2001:4860:4860::8888|2a00:1450:4001:0830:0000:0000:0000:200e")]
    [InlineData("10.0.0.1 192.168.1.1 127.0.0.1 192.0.2.7 ::1 fe80::1 2001:db8::5", "")]
    [InlineData("version 1.2.3.4.5, 256.1.1.1, 1.2.3, 12:30:45, std::vector, a::b, 1.2.3.4a, lib-1.2.3.4", "")]
    public void Internet_addresses_are_found_but_not_versions_and_times(string text, string expected) => Assert.Equal(expected, Found(text, PiiKind.Ip));

    /// <summary>Examples of the IBAN registry, and the test numbers that card schemes publish.</summary>
    [Theory]
    [InlineData("to DE89 3704 0044 0532 0130 00, thanks", PiiKind.Iban, "DE89 3704 0044 0532 0130 00")]
    [InlineData("GB82WEST12345698765432", PiiKind.Iban, "GB82WEST12345698765432")]
    [InlineData("NO93 8601 1117 947 is ours", PiiKind.Iban, "NO93 8601 1117 947")]
    [InlineData("DE89 3704 0044 0532 0130 01 and AB12 CDEF", PiiKind.Iban, "")]
    [InlineData("4111 1111 1111 1111, 5555-5555-5555-4444; 378282246310005", PiiKind.Card, "4111 1111 1111 1111|5555-5555-5555-4444|378282246310005")]
    [InlineData("4111 1111 1111 1112, 1234567812345670, 41111111111111111111111", PiiKind.Card, "")]
    public void Account_and_card_numbers_need_right_check_digits(string text, PiiKind kind, string expected) => Assert.Equal(expected, Found(text, kind));

    [Theory]
    [InlineData("key AKIAIOSFODNN7EXAMPLE.", "AKIAIOSFODNN7EXAMPLE")]
    [InlineData("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a")]
    [InlineData("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U ok", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U")]
    [InlineData("api_key = \"9fJ2kLm4Qx7Zr1Tb8Vn3Wc6Y\"", "9fJ2kLm4Qx7Zr1Tb8Vn3Wc6Y")]
    [InlineData("password: correct-horse-battery-staple, token = XXXXXXXXXXXXXXXXXXXXXXXX, secret of the 20 gardens", "")]
    [InlineData("ghp_short AKIAlowercase sk-learn", "")]
    [InlineData("x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\ny", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "")]
    public void Keys_and_tokens_are_found(string text, string expected) => Assert.Equal(expected, Found(text, PiiKind.Secret));

    [Fact]
    public void Masks_are_those_of_dolma()
    {
        var document = new Document("1", "Write to a@b.com, call (415) 555-2671, ping 8.8.8.8.");
        Assert.Null(new PiiSettings().Prepare(1)().Apply(ref document, default));
        Assert.Equal("Write to |||EMAIL_ADDRESS|||, call |||PHONE_NUMBER|||, ping |||IP_ADDRESS|||.", document.Text);
    }

    [Fact]
    public void Examples_are_the_same_for_the_same_find_and_are_found_no_more()
    {
        var settings = new PiiSettings { Action = PiiAction.Example };
        var document = new Document("1", "ann@x.org, bob@y.org, ann@x.org; 8.8.8.8; 2001:4860:4860::8888; DE89 3704 0044 0532 0130 00; 4111111111111111; ghp_16C7e42F292c6912E7710c838347Ae178B4a");
        settings.Prepare(1)().Apply(ref document, default);
        string[] parts = document.Text.Split([", ", "; "], StringSplitOptions.None);
        Assert.Equal(parts[0], parts[2]);
        Assert.NotEqual(parts[0], parts[1]);
        Assert.Matches("^user[0-9]+@example[.]com$", parts[0]);
        var signals = new float[7];
        settings.Prepare(2)().Apply(ref document, signals);
        // Example addresses are addresses; nothing else may look like a find again.
        Assert.Equal([3, 3, 0, 0, 0, 0, 0], signals);
    }

    [Fact]
    public void A_document_with_too_many_finds_is_removed_with_the_first_of_them()
    {
        var document = new Document("1", "see " + string.Join(' ', Enumerable.Range(0, 6).Select(i => $"user{i}@host.org")));
        var signals = new float[7];
        Removal removal = new PiiSettings { MaxFinds = 5 }.Prepare(1)().Apply(ref document, signals)!;
        Assert.Equal(new Removal("pii_finds", 6, 5, new TextSpan(4, 14), "Email"), removal);
        Assert.Equal([6, 6, 0, 0, 0, 0, 0], signals);
        Assert.StartsWith("see user0@host.org", document.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ISBN 415-555-2671", true)]
    [InlineData("doi:10.1000/8.8.8.8", true)]
    [InlineData("ticket #415-555-2671", true)]
    [InlineData("call 415-555-2671", false)]
    public void Numbers_of_other_things_are_left_alone(string text, bool stays)
    {
        var document = new Document("1", text);
        new PiiSettings().Prepare(1)().Apply(ref document, default);
        Assert.Equal(stays, document.Text == text);
    }

    [Fact]
    public void No_text_makes_the_scan_slow()
    {
        DocumentStep step = new PiiSettings().Prepare(1)();
        foreach (string unit in (string[])["@", "a@", "1", "1 ", "1.", "1:", "a:", "DE12 ", "token=", "-----BEGIN RSA PRIVATE KEY-----", "eyJ.", "a.", "(415) ", "+1 ", "AKIA", "a", "."])
        {
            var document = new Document("1", string.Concat(Enumerable.Repeat(unit, 200_000 / unit.Length)));
            var watch = System.Diagnostics.Stopwatch.StartNew();
            step.Apply(ref document, default);
            Assert.True(watch.Elapsed.TotalSeconds < 60, $"{unit}: {watch.Elapsed}");
        }
    }

    [Fact]
    public void Random_texts_are_scanned_without_an_error_and_finds_do_not_overlap()
    {
        var random = new Random(9);
        string[] bits = ["@", ".", "a", "1", "415", "555", "2671", "-", " ", "(", ")", "+", ":", "::", "DE89", "3704", "AKIA", "eyJ", "token", "=", "\ud800", "8.8.8.8", "x@y.zz", "4111111111111111", "\n"];
        var matches = new List<PiiMatch>();
        var scanner = new PiiScanner(Enum.GetValues<PiiKind>().ToHashSet(), publicAddressesOnly: false);
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => bits[random.Next(bits.Length)]));
            matches.Clear();
            scanner.Find(text, matches);
            int end = 0;
            foreach (PiiMatch match in matches)
            {
                Assert.True(match.Start >= end && match.Length > 0 && match.End <= text.Length, text);
                end = match.End;
            }
        }
    }

    private static string Found(string text, PiiKind kind)
    {
        var matches = new List<PiiMatch>();
        new PiiScanner(new HashSet<PiiKind> { kind }, publicAddressesOnly: true).Find(text, matches);
        return string.Join('|', matches.Select(match => text.Substring(match.Start, match.Length)));
    }
}
