using Athanor.Data.Urls;

namespace Athanor.Data.Tests.Urls;

public sealed class UrlTextTests
{
    [Theory]
    [InlineData("https://User:pw@Sub.Example.com:8080/a/b?c=http://d.com#e", "Sub.Example.com")]
    [InlineData("http://example.com", "example.com")]
    [InlineData("//example.com./x", "example.com")]
    [InlineData("example.com/path", "example.com")]
    [InlineData("http://[2001:db8::1]:80/x", "[2001:db8::1]")]
    [InlineData("http://example.com?x=1", "example.com")]
    [InlineData("example.com/redirect?u=http://other.com", "example.com")]
    [InlineData("", "")]
    [InlineData("http://", "")]
    [InlineData("http:///path", "")]
    public void Hosts_are_found(string url, string host) => Assert.Equal(host, UrlText.Host(url).ToString());

    [Theory]
    [InlineData("https://WWW.Example.com/A/b/", "example.com/A/b")]
    [InlineData("http://example.com:80", "example.com")]
    [InlineData("http://example.com:8080/x#y", "example.com:8080/x")]
    [InlineData("example.com/?q=1", "example.com/?q=1")]
    public void Addresses_of_one_page_compare_equal(string url, string comparable) => Assert.Equal(comparable, UrlText.Comparable(url));
}
