namespace Athanor.Tensors.Kernels;

internal static unsafe partial class AdamW8Kernel
{
    private static void Reference(in AdamW8Args a)
    {
        double* first = stackalloc double[Block];
        double* second = stackalloc double[Block];
        double firstCorrection = 1 - Math.Pow(a.Beta1, a.Step), secondCorrection = 1 - Math.Pow(a.Beta2, a.Step);
        for (long block = 0; block < Blocks(a.Count); block++)
        {
            long start = block * Block;
            int count = (int)Math.Min(Block, a.Count - start);
            double firstMax = 0, secondMax = 0;
            for (int j = 0; j < count; j++)
            {
                long i = start + j;
                double g = (double)a.Gradient[i] * a.GradientScale;
                double m = a.Beta1 * DynamicMap.Signed[a.FirstCodes[i]] * a.FirstScales[block] + (1 - (double)a.Beta1) * g;
                double v = a.Beta2 * DynamicMap.Unsigned[a.SecondCodes[i]] * a.SecondScales[block] + (1 - (double)a.Beta2) * g * g;
                double w = a.Master[i] * (1 - (double)a.LearningRate * a.WeightDecay)
                    - a.LearningRate * (m / firstCorrection) / (Math.Sqrt(v / secondCorrection) + a.Epsilon);
                a.Master[i] = (float)w;
                if (a.Copy != null)
                    a.Copy[i] = BFloat16.FromSingle((float)w);
                if (a.ZeroGradient)
                    a.Gradient[i] = 0;
                first[j] = m;
                second[j] = v;
                firstMax = Math.Max(firstMax, Math.Abs(m));
                secondMax = Math.Max(secondMax, v);
            }
            a.FirstScales[block] = Subnormals.Flush(firstMax);
            a.SecondScales[block] = Subnormals.Flush(secondMax);
            for (int j = 0; j < count; j++)
            {
                a.FirstCodes[start + j] = DynamicMap.Encode(DynamicMap.Signed, firstMax < SmallestScale ? 0 : first[j] / firstMax);
                a.SecondCodes[start + j] = DynamicMap.Encode(DynamicMap.Unsigned, secondMax < SmallestScale ? 0 : second[j] / secondMax);
            }
        }
    }
}
