using Athanor.Serving.Catalog;

namespace Athanor.Serving.Answers;

/// <summary>Vectors of texts, several at a time, so that an engine can read them together.</summary>
internal static class TextVectors
{
    private const int AtOnce = 8;

    /// <param name="model">The model.</param>
    /// <param name="texts">Tokens of each text.</param>
    /// <param name="dimensions">So many of the first numbers of each, at length 1 again (Matryoshka, arXiv 2205.13147); null for all.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<float[][]> OfAsync(ServedModel model, IReadOnlyList<int[]> texts, int? dimensions, CancellationToken cancellation)
    {
        float[][] vectors = new float[texts.Count][];
        await Parallel.ForAsync(0, texts.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (i, token) =>
        {
            float[] vector = await model.Engine.EmbedAsync(texts[i], token).ConfigureAwait(false);
            vectors[i] = dimensions is { } most && most < vector.Length ? Cut(vector, most) : vector;
        }).ConfigureAwait(false);
        return vectors;
    }

    private static float[] Cut(float[] vector, int dimensions)
    {
        float[] cut = vector[..dimensions];
        double length = Math.Sqrt(cut.Sum(value => (double)value * value));
        for (int i = 0; i < cut.Length && length > 0; i++)
            cut[i] = (float)(cut[i] / length);
        return cut;
    }
}
