namespace Athanor.Data.FastText;

/// <summary>
/// A matrix by product quantization (Jégou et al. 2011; Joulin et al. 2016): each row is cut into short parts, each part is one of 256 that were found by k-means, and the row's length may be one of 256 too.
/// </summary>
/// <param name="part">Numbers in a part; the last part may be shorter.</param>
/// <param name="codes">For each row, a byte a part.</param>
/// <param name="centroids">For each part its 256 vectors.</param>
/// <param name="normCodes">For each row the number of its length; null where lengths are in the parts.</param>
/// <param name="norms">256 lengths.</param>
internal sealed class QuantizedRows(int count, int columns, int part, byte[] codes, float[] centroids, byte[]? normCodes, float[] norms) : FastTextRows(count, columns)
{
    /// <summary>Vectors a part can be.</summary>
    public const int Choices = 256;

    public int Part => part;

    public int Parts { get; } = PartsOf(columns, part);

    public byte[] Codes => codes;

    public float[] Centroids => centroids;

    public byte[]? NormCodes => normCodes;

    public float[] Norms => norms;

    public override long Bytes => codes.LongLength + (normCodes?.LongLength ?? 0) + ((centroids.LongLength + norms.LongLength) * sizeof(float));

    public static int PartsOf(int columns, int part) => (int)(((long)columns + part - 1) / part);

    public override void Average(ReadOnlySpan<int> rows, Span<float> mean)
    {
        mean.Clear();
        foreach (int row in rows)
        {
            float norm = normCodes is null ? 1 : norms[normCodes[row]];
            int code = row * Parts;
            for (int from = 0; from < Columns; from += part)
            {
                int length = Math.Min(part, Columns - from), at = Centroid(from, length, codes[code++]);
                for (int i = 0; i < length; i++)
                    mean[from + i] += norm * centroids[at + i];
            }
        }
        float share = 1f / rows.Length;
        foreach (ref float value in mean)
            value *= share;
    }

    public override float Dot(int row, ReadOnlySpan<float> vector)
    {
        float sum = 0;
        int code = row * Parts;
        for (int from = 0; from < Columns; from += part)
        {
            int length = Math.Min(part, Columns - from), at = Centroid(from, length, codes[code++]);
            for (int i = 0; i < length; i++)
                sum += vector[from + i] * centroids[at + i];
        }
        return sum * (normCodes is null ? 1 : norms[normCodes[row]]);
    }

    /// <summary>Where a part's vector begins: all parts before it have 256 of full length.</summary>
    private static int Centroid(int from, int length, byte code) => (from * Choices) + (code * length);
}
