namespace Athanor.Tensors.Kernels;

internal static unsafe partial class LionKernel
{
    private static void Reference(in LionArgs a)
    {
        for (long i = 0; i < a.Count; i++)
        {
            double g = (double)a.Gradient[i] * a.GradientScale;
            double c = a.Beta1 * (double)a.Momentum[i] + (1 - (double)a.Beta1) * g;
            double sign = c > 0 ? 1 : c < 0 ? -1 : c;
            double w = a.Master[i] * (1 - (double)a.LearningRate * a.WeightDecay) - a.LearningRate * sign;
            a.Momentum[i] = Subnormals.Flush(a.Beta2 * (double)a.Momentum[i] + (1 - (double)a.Beta2) * g);
            a.Master[i] = (float)w;
            if (a.Copy != null)
                a.Copy[i] = BFloat16.FromSingle((float)w);
            if (a.ZeroGradient)
                a.Gradient[i] = 0;
        }
    }
}
