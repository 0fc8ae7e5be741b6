using System.Text;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Writes a text in place of every match of a pattern within a token.</summary>
public sealed record ReplaceDecoder : TokenDecoder
{
    private readonly byte[] _content;

    public ReplaceDecoder(TextPattern pattern, string content) =>
        (Pattern, Content, _content) = (pattern, content, Encoding.UTF8.GetBytes(content));

    /// <summary>What is looked for.</summary>
    public TextPattern Pattern { get; }

    /// <summary>What takes its place.</summary>
    public string Content { get; }

    internal override DecodeStage Start(DecodeStage next, bool asText) =>
        Pattern.Literal is { } literal ? new ReplacingStage(next, literal, _content) : new RegexStage(next, Pattern, _content);

    public bool Equals(ReplaceDecoder? other) => other is not null && Pattern.Equals(other.Pattern) && Content == other.Content;

    public override int GetHashCode() => HashCode.Combine(Pattern, Content);

    private sealed class RegexStage(DecodeStage next, TextPattern pattern, byte[] content) : WholeTokenStage(next)
    {
        private readonly List<ByteRange> _matches = [];

        protected override void Take(ReadOnlySpan<byte> token)
        {
            _matches.Clear();
            pattern.FindMatches(token, 0, _matches);
            Next.Begin();
            int kept = 0;
            foreach (ByteRange match in _matches)
            {
                Next.Write(token[kept..match.Start]);
                Next.Write(content);
                kept = match.End;
            }
            Next.Write(token[kept..]);
            Next.End();
        }
    }
}
