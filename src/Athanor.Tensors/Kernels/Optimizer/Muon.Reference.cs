namespace Athanor.Tensors.Kernels;

internal static unsafe partial class MuonKernel
{
    private static void ReferenceMomentum(in MuonArgs a, float* update, long count)
    {
        double factor = a.MomentumFactor;
        for (long i = 0; i < count; i++)
        {
            double g = (double)a.Gradient[i] * a.GradientScale, m = factor * a.Momentum[i] + (1 - factor) * g;
            update[i] = (float)(a.Nesterov ? (1 - factor) * g + factor * m : m);
            a.Momentum[i] = Subnormals.Flush(m);
            if (a.ZeroGradient)
                a.Gradient[i] = 0;
        }
    }

    private static void ReferenceCombine(in CombineArgs a)
    {
        for (long i = 0; i < a.Count; i++)
            ((float*)a.Target)[i] = (float)((a.X == null ? 0 : (double)a.XFactor * ((float*)a.X)[i]) + (double)a.YFactor * a.Y[i]);
    }

    private static void ReferenceApply(in MuonArgs a, float* x, long count)
    {
        for (long i = 0; i < count; i++)
        {
            float w = (float)(a.Master[i] * (1 - (double)a.LearningRate * a.WeightDecay) - (double)a.LearningRate * a.UpdateScale * x[i]);
            a.Master[i] = w;
            if (a.Copy != null)
                a.Copy[i] = BFloat16.FromSingle(w);
        }
    }
}
