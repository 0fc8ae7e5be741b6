using Athanor.Models.Layers;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Adaptation;

/// <summary>
/// More rows for embedding and head. A row starts as the mean of the rows of the tokens that spelled its token before (Gee et al. 2022, EMNLP industry track), so the model begins close to where it
/// was; a row without such tokens as the mean of all (Hewitt 2021), which bounds how far the distribution of the old tokens moves.
/// </summary>
public static class VocabularyGrowth
{
    /// <summary>A copy of a model with more rows, or other contents in those that no token used.</summary>
    /// <param name="rows">Rows of the copy; at least those of the model.</param>
    /// <param name="known">Rows of the model that belong to tokens; they stay, those behind them start anew.</param>
    /// <param name="piecesOf">The tokens, below <paramref name="known"/>, that spelled the token of a row before; none for the mean of all.</param>
    /// <remarks>The copy is not trainable; both models are in memory for the moment.</remarks>
    public static Decoder Grow(Decoder model, int rows, int known, Func<int, IReadOnlyList<int>> piecesOf)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(piecesOf);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, model.Config.VocabularySize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(known, model.Config.VocabularySize);
        ArgumentOutOfRangeException.ThrowIfLessThan(known, 1);
        var grown = new Decoder(model.Device, model.Config with { VocabularySize = rows }, model.DType, trainable: false);
        try
        {
            for (int i = 0; i < model.Parameters.Count; i++)
            {
                ModelParameter from = model.Parameters[i], to = grown.Parameters[i];
                var values = new float[to.Value.Shape.Count];
                int copied = from.Value.Shape[0];
                bool byToken = from.Name is "embedding.weight" or "head.weight";
                if (byToken)
                    copied = known;
                long width = to.Value.Shape.Count / to.Value.Shape[0];
                ParameterRows.Read(from.Value, 0, copied, values.AsSpan(0, (int)(copied * width)));
                if (byToken)
                    Start(values, (int)width, known, piecesOf);
                ParameterRows.Set(to.Value, values);
            }
            return grown;
        }
        catch
        {
            grown.Dispose();
            throw;
        }
    }

    private static void Start(float[] values, int width, int known, Func<int, IReadOnlyList<int>> piecesOf)
    {
        float[] all = Mean(values, width, known, i => i);
        for (int row = known; row < values.Length / width; row++)
        {
            IReadOnlyList<int> pieces = piecesOf(row);
            (pieces.Count == 0 ? all : Mean(values, width, pieces.Count, i => pieces[i])).CopyTo(values, row * width);
        }
    }

    private static float[] Mean(float[] values, int width, int count, Func<int, int> rowOf)
    {
        var sums = new double[width];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> row = values.AsSpan(rowOf(i) * width, width);
            for (int column = 0; column < width; column++)
                sums[column] += row[column];
        }
        return Array.ConvertAll(sums, sum => (float)(sum / count));
    }
}
