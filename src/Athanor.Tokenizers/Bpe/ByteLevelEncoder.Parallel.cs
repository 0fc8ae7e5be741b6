using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Bpe;

internal abstract partial class ByteLevelEncoder
{
    /// <summary>Bytes of one part of a long text: enough that what threads cost is little.</summary>
    private const int PartBytes = 1 << 18;

    /// <summary>
    /// As <see cref="TextEncoder.Encode"/> for one long text with several threads: it is cut where every pre-tokenizer starts a piece whatever stands before,
    /// so the tokens are the same. A text without such places stays whole.
    /// </summary>
    public unsafe void EncodeParallel(ReadOnlySpan<byte> text, int start, TokenBuffer output, int threads, CancellationToken cancellation = default)
    {
        List<int> cuts = Cuts(text);
        if (threads == 1 || cuts.Count <= 2)
        {
            cancellation.ThrowIfCancellationRequested();
            Encode(text, start, output);
            return;
        }
        var parts = new TokenBuffer[cuts.Count - 1];
        fixed (byte* bytes = text)
        {
            byte* first = bytes;
            var settings = new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? -1 : threads, CancellationToken = cancellation };
            Parallel.For(0, parts.Length, settings, i =>
            {
                parts[i] = new TokenBuffer(output.WithRanges);
                Encode(new ReadOnlySpan<byte>(first + cuts[i], cuts[i + 1] - cuts[i]), start + cuts[i], parts[i]);
            });
        }
        foreach (TokenBuffer part in parts)
            output.Append(part);
    }

    private static List<int> Cuts(ReadOnlySpan<byte> text)
    {
        var cuts = new List<int> { 0 };
        while (text.Length - cuts[^1] > PartBytes)
        {
            // The cut needs to see what comes behind it.
            int cut = SafeCut.FindLast(text[..Math.Min(text.Length, cuts[^1] + PartBytes)], cuts[^1] + PartBytes / 2, CutPlaces.All);
            if (cut < 0)
                break;
            cuts.Add(cut);
        }
        cuts.Add(text.Length);
        return cuts;
    }
}
