namespace Athanor.Tensors.Tests.Testing;

/// <summary>Checks what an op's backward leaves in its inputs against central differences of the op itself.</summary>
internal static class GradientCheck
{
    /// <summary>
    /// The inputs are normal fp32 numbers of the given shapes, or what <paramref name="inputs"/> makes of them; the loss is a
    /// randomly weighted sum of the result.
    /// </summary>
    public static void Of(Device device, Func<Tensor[], Tensor> op, Shape[] shapes, Func<float, float>? inputs = null, double h = 1.0 / 256, double tolerance = 3e-3, string what = "op", ulong seed = 0)
    {
        var random = new Random(shapes.Length + 17);
        float[][] values = [.. shapes.Select(shape => Numbers(random, shape.Count).Select(inputs ?? (v => v)).ToArray())];
        float[] weights;
        var gradients = new float[shapes.Length][];
        using (StepScope.Begin(device, seed: seed))
        {
            Tensor[] x = [.. values.Select((v, i) => Tensor.From(device, shapes[i], v, requiresGrad: true))];
            Tensor y = op(x);
            weights = Numbers(random, y.Count);
            Tensor w = Tensor.From(device, y.Shape, weights);
            (y.To(DType.F32) * w).Sum().Backward();
            for (int i = 0; i < shapes.Length; i++)
            {
                Assert.True(x[i].Grad.Exists, $"{what}: input {i} got no gradient.");
                gradients[i] = x[i].Grad.ToArray();
            }
        }
        for (int i = 0; i < shapes.Length; i++)
        {
            var slopes = new double[shapes[i].Count];
            for (int k = 0; k < slopes.Length; k++)
            {
                float kept = values[i][k];
                double up = values[i][k] = (float)(kept + h), above = Loss();
                double down = values[i][k] = (float)(kept - h), below = Loss();
                values[i][k] = kept;
                slopes[k] = (above - below) / (up - down);
            }
            Compare.Close([.. gradients[i].Select(g => (double)g)], slopes, tolerance, tolerance, $"{what}, gradient of input {i} {shapes[i]}");
        }

        double Loss()
        {
            // Recording, so that random ops draw; the tape is dropped with the scope.
            using StepScope step = StepScope.Begin(device, seed: seed);
            Tensor y = op([.. values.Select((v, i) => Tensor.From(device, shapes[i], v, requiresGrad: true))]);
            float[] result = y.ToArray();
            double sum = 0;
            for (int k = 0; k < result.Length; k++)
                sum += (double)result[k] * weights[k];
            return sum;
        }
    }

    private static float[] Numbers(Random random, long count)
    {
        var numbers = new float[count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return numbers;
    }
}
