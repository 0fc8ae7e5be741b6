using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Splits at the matches of a text or regex. Published regexes run as hand-written scanners.</summary>
public sealed record SplitPreTokenizer : PreTokenizer
{
    /// <exception cref="NotSupportedException">The regex cannot be run with the same meaning here.</exception>
    public SplitPreTokenizer(string pattern, bool isRegex, SplitBehavior behavior, bool invert = false)
    {
        (Pattern, IsRegex, Behavior, Invert) = (pattern, isRegex, behavior, invert);
        Scanner = isRegex ? PieceScanners.ByPattern(pattern) : null;
        if (Scanner is null)
            Matcher = isRegex ? TextPattern.Matching(pattern) : TextPattern.Exactly(pattern);
    }

    /// <summary>The text or regex.</summary>
    public string Pattern { get; }

    /// <summary>Whether <see cref="Pattern"/> is a regex.</summary>
    public bool IsRegex { get; }

    /// <summary>What becomes of the matches.</summary>
    public SplitBehavior Behavior { get; }

    /// <summary>Takes what is between matches for matches, and matches for what is between.</summary>
    public bool Invert { get; }

    /// <summary>The hand-written scanner for a published regex.</summary>
    internal PieceScanner? Scanner { get; }

    internal TextPattern? Matcher { get; }

    /// <summary>Whether every match is a piece: a scanner leaves nothing between its matches.</summary>
    internal bool IsolatesScanned => Scanner is not null
        && (Behavior == SplitBehavior.Isolated || Behavior == SplitBehavior.Removed && Invert);

    public override void Split(PreTokenizedText text)
    {
        if (IsolatesScanned)
        {
            SplitIsolated(Scanner!, text);
            return;
        }
        ReadOnlySpan<byte> bytes = text.Text.Bytes;
        SplitParts parts = text.Parts;
        List<ByteRange> matches = text.Matches;
        foreach (ByteRange piece in text.Pieces)
        {
            parts.Start(piece.Start);
            ReadOnlySpan<byte> content = bytes.Slice(piece.Start, piece.Length);
            if (Scanner is not null)
            {
                for (int at = 0, end; at < content.Length; at = end)
                {
                    end = Scanner.NextEnd(content, at);
                    parts.Match(piece.Start + at, end - at, !Invert);
                }
            }
            else
            {
                matches.Clear();
                Matcher!.FindMatches(content, piece.Start, matches);
                foreach (ByteRange match in matches)
                    parts.Match(match.Start, match.Length, !Invert);
            }
            parts.Finish(piece.End, restIsMatch: Invert, Behavior, text);
        }
        text.Commit();
    }

    internal static void SplitIsolated(PieceScanner scanner, PreTokenizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Text.Bytes;
        foreach (ByteRange piece in text.Pieces)
        {
            ReadOnlySpan<byte> content = bytes.Slice(piece.Start, piece.Length);
            for (int at = 0, end; at < content.Length; at = end)
            {
                end = scanner.NextEnd(content, at);
                text.Add(new ByteRange(piece.Start + at, end - at));
            }
        }
        text.Commit();
    }

    public bool Equals(SplitPreTokenizer? other) => other is not null
        && (Pattern, IsRegex, Behavior, Invert) == (other.Pattern, other.IsRegex, other.Behavior, other.Invert);

    public override int GetHashCode() => HashCode.Combine(Pattern, IsRegex, Behavior, Invert);
}
