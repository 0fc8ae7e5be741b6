using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Testing;

/// <summary>Forward passes and comparisons.</summary>
internal static class Run
{
    public static float[] Logits(Decoder model, int[] ids, int rows = 1)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(rows, ids.Length / rows), ids)))).ToArray();
    }

    /// <summary>The logits of all tokens, read in chunks of these sizes (the last repeats) through a cache.</summary>
    public static float[] CachedLogits(Decoder model, int[] ids, KeyValueCache cache, params int[] chunks)
    {
        var all = new List<float>();
        for (int done = 0, i = 0; done < ids.Length; i++)
        {
            int count = Math.Min(chunks[Math.Min(i, chunks.Length - 1)], ids.Length - done);
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, count), ids.AsSpan(done, count))), cache);
            all.AddRange(model.Logits(hidden).ToArray());
            done += count;
        }
        return [.. all];
    }

    /// <summary>Every difference is within the tolerance times the largest expected magnitude.</summary>
    public static void Near(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), worst = 0;
        int at = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(expected[i] - (double)actual[i]);
            if (!(difference <= worst))
                (worst, at) = (difference, i);
        }
        Assert.True(worst <= tolerance * largest, $"Element {at}: {actual[at]} instead of {expected[at]}; the largest is {largest}, the tolerance {tolerance}.");
    }
}
