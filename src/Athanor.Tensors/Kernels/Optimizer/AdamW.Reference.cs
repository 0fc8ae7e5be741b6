namespace Athanor.Tensors.Kernels;

internal static unsafe partial class AdamWKernel
{
    private static void Reference(in AdamWArgs a)
    {
        double firstCorrection = 1 - Math.Pow(a.Beta1, a.Step), secondCorrection = 1 - Math.Pow(a.Beta2, a.Step);
        for (long i = 0; i < a.Count; i++)
        {
            double g = (double)a.Gradient[i] * a.GradientScale;
            double m = a.Beta1 * (double)a.FirstMoment[i] + (1 - (double)a.Beta1) * g;
            double v = a.Beta2 * (double)a.SecondMoment[i] + (1 - (double)a.Beta2) * g * g;
            double w = a.Master[i] * (1 - (double)a.LearningRate * a.WeightDecay)
                - a.LearningRate * (m / firstCorrection) / (Math.Sqrt(v / secondCorrection) + a.Epsilon);
            a.FirstMoment[i] = Subnormals.Flush(m);
            a.SecondMoment[i] = Subnormals.Flush(v);
            a.Master[i] = (float)w;
            if (a.Copy != null)
                a.Copy[i] = BFloat16.FromSingle((float)w);
            if (a.ZeroGradient)
                a.Gradient[i] = 0;
        }
    }
}
