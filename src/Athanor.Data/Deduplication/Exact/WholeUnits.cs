using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Deduplication.Exact;

/// <summary>The whole text, by half of its SHA-256.</summary>
internal sealed class WholeUnits : ITextUnits
{
    public List<TextUnit128> Cut(Document document) => [new(ContentHash.Of(document.Text), new TextSpan(0, document.Text.Length))];
}

/// <summary>The address in a metadata field, byte for byte; documents without one are never duplicates.</summary>
internal sealed class UrlUnits(string field) : ITextUnits
{
    public List<TextUnit128> Cut(Document document) =>
        document.Metadata.TryGetValue(field, out string? url) && url.Length > 0
            ? [new(XxHash64.Wide(Encoding.UTF8.GetBytes(url)), new TextSpan(0, document.Text.Length))] : [];
}
