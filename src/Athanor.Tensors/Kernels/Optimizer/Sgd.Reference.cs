namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SgdKernel
{
    private static void Reference(in SgdArgs a)
    {
        for (long i = 0; i < a.Count; i++)
        {
            double g = (double)a.Gradient[i] * a.GradientScale + (double)a.WeightDecay * a.Master[i];
            double direction = g;
            if (a.Momentum != null)
            {
                double b = (double)a.MomentumFactor * a.Momentum[i] + g;
                direction = a.Nesterov ? g + a.MomentumFactor * b : b;
                a.Momentum[i] = Subnormals.Flush(b);
            }
            double w = a.Master[i] - a.LearningRate * direction;
            a.Master[i] = (float)w;
            if (a.Copy != null)
                a.Copy[i] = BFloat16.FromSingle((float)w);
            if (a.ZeroGradient)
                a.Gradient[i] = 0;
        }
    }
}
