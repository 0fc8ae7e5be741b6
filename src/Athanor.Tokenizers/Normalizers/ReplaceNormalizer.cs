using System.Text;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>Writes a text in place of every match of a pattern.</summary>
public sealed record ReplaceNormalizer : Normalizer
{
    private readonly byte[] _content;

    public ReplaceNormalizer(TextPattern pattern, string content) =>
        (Pattern, Content, _content) = (pattern, content, Encoding.UTF8.GetBytes(content));

    /// <summary>What is looked for.</summary>
    public TextPattern Pattern { get; }

    /// <summary>What takes its place.</summary>
    public string Content { get; }

    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        if (Pattern.Literal is { } literal)
        {
            int kept = 0;
            for (int found; (found = bytes[kept..].IndexOf(literal)) >= 0; kept += found + literal.Length)
            {
                text.Keep(kept, found);
                text.Append(_content, text.Origin(kept + found, literal.Length));
            }
            text.Keep(kept, bytes.Length - kept);
        }
        else
        {
            List<ByteRange> matches = [];
            Pattern.FindMatches(bytes, 0, matches);
            int kept = 0;
            foreach (ByteRange match in matches)
            {
                text.Keep(kept, match.Start - kept);
                text.Append(_content, text.Origin(match.Start, match.Length));
                kept = match.End;
            }
            text.Keep(kept, bytes.Length - kept);
        }
        text.Commit();
    }

    public override bool Leaves(ReadOnlySpan<byte> text) => Pattern.Literal is { } literal && text.IndexOf(literal) < 0;

    public bool Equals(ReplaceNormalizer? other) => other is not null && Pattern.Equals(other.Pattern) && Content == other.Content;

    public override int GetHashCode() => HashCode.Combine(Pattern, Content);
}
