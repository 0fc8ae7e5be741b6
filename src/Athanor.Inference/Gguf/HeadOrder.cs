using Athanor.Models.Configuration;

namespace Athanor.Inference.Gguf;

/// <summary>
/// Reorders the rows of heads between the two ways in which rotary pairs lie: as neighbours (2i, 2i + 1), as llama.cpp's architecture "llama" turns them, and as halves (i, i + R/2), as
/// Hugging Face's files hold them.
/// </summary>
internal sealed class HeadOrder(ModelConfig config, bool fileInterleaved, bool modelInterleaved)
{
    public int HeadSize { get; } = config.HeadSize;

    /// <summary>Puts rows of whole heads, in the model's order, into the file's.</summary>
    public void Apply(Span<float> rows, int columns)
    {
        if (fileInterleaved == modelInterleaved || config.Position != PositionKind.Rotary)
            return;
        int pairs = config.RotarySize / 2;
        var head = new float[2 * pairs * columns];
        for (int start = 0; start < rows.Length; start += HeadSize * columns)
        {
            rows.Slice(start, head.Length).CopyTo(head);
            for (int i = 0; i < pairs; i++)
            {
                for (int half = 0; half < 2; half++)
                {
                    int neighbour = 2 * i + half, halves = i + half * pairs;
                    (int to, int from) = fileInterleaved ? (neighbour, halves) : (halves, neighbour);
                    head.AsSpan(from * columns, columns).CopyTo(rows.Slice(start + to * columns, columns));
                }
            }
        }
    }
}
