using System.Text.RegularExpressions;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Urls;

namespace Athanor.Data.Tests.Urls;

public sealed class PublicSuffixesTests
{
    private const string Debian = "/usr/share/publicsuffix/public_suffix_list.dat", Vectors = "/usr/share/doc/publicsuffix/examples/test_psl.txt";

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("a.b.example.com", "example.com")]
    [InlineData("news.bbc.co.uk", "bbc.co.uk")]
    [InlineData("b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("a.b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("www.city.kobe.jp", "city.kobe.jp")]
    [InlineData("www.ck", "www.ck")]
    [InlineData("www.www.ck", "www.ck")]
    [InlineData("a.b.test.ck", "b.test.ck")]
    [InlineData("WwW.Example.CO.UK", "Example.CO.UK")]
    [InlineData("uni.ac.at", "uni.ac.at")]
    [InlineData("a.unknown-suffix", "a.unknown-suffix")]
    [InlineData("localhost", "localhost")]
    [InlineData("co.uk", "co.uk")]
    [InlineData("192.168.1.20", "192.168.1.20")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("", "")]
    public void The_part_that_was_registered_is_found(string host, string domain) => Assert.Equal(domain, PublicSuffixes.Common.RegisteredDomain(host).ToString());

    [FileFact(Debian, Vectors)]
    public void The_whole_list_passes_its_own_tests()
    {
        PublicSuffixes suffixes = PublicSuffixes.Read(Debian, privately: true);
        int checkedCount = 0;
        foreach (Match vector in Regex.Matches(File.ReadAllText(Vectors), @"^checkPublicSuffix\('([^']+)', (?:'([^']+)'|null)\);", RegexOptions.Multiline))
        {
            // A host that is a suffix, or begins with a dot, has no registered part; ours then says the host.
            string host = vector.Groups[1].Value;
            if (!vector.Groups[2].Success)
                continue;
            Assert.Equal(vector.Groups[2].Value, suffixes.RegisteredDomain(host).ToString().ToLowerInvariant());
            checkedCount++;
        }
        Assert.True(checkedCount > 40, $"{checkedCount}");
    }

    [FileFact(Debian)]
    public void The_small_set_agrees_with_the_whole_list_on_its_suffixes()
    {
        PublicSuffixes all = PublicSuffixes.Read(Debian, privately: false);
        foreach (string country in CommonSuffixes.SecondLevel.Split(' '))
        {
            foreach (string second in country[3..].Split(','))
            {
                string host = $"www.example.{second}.{country[..2]}";
                Assert.Equal(all.RegisteredDomain(host).ToString(), PublicSuffixes.Common.RegisteredDomain(host).ToString());
            }
        }
    }

    [Fact]
    public void A_file_without_rules_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("public_suffix_list.dat", Assert.Throws<InvalidDataException>(() => PublicSuffixes.Read(folder.Write("x", "// nothing\n\n"), false)).Message, StringComparison.Ordinal);
    }

    /// <summary>A test on files of the system, skipped where one is missing.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class FileFactAttribute : FactAttribute
    {
        public FileFactAttribute(params string[] files) => Skip = files.FirstOrDefault(file => !File.Exists(file)) is { } missing ? $"There is no {missing} (Debian: publicsuffix)." : null;
    }
}
