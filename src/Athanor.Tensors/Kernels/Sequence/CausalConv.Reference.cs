namespace Athanor.Tensors.Kernels;

internal static unsafe partial class CausalConvKernel
{
    private static double Input(in CausalConvArgs args, long b, int t, int d) => t >= 0
        ? StoredScalar.Get(args.X, (b * args.Time + t) * args.Channels + d, args.Type)
        : StoredScalar.Get(args.InitialState, (b * (args.Width - 1) + args.Width - 1 + t) * args.Channels + d, args.Type);

    private static double Sum(in CausalConvArgs args, long b, int t, int d)
    {
        double sum = args.Bias == null ? 0 : args.Bias[d];
        int reach = args.Reach(b, t);
        for (int k = 0; k <= reach; k++)
            sum += args.Weight[(long)d * args.Width + args.Width - 1 - k] * Input(args, b, t - k, d);
        return sum;
    }

    private static void ForwardReference(in CausalConvArgs args)
    {
        for (long b = 0; b < args.Batch; b++)
        {
            for (int t = 0; t < args.Time; t++)
            {
                for (int d = 0; d < args.Channels; d++)
                {
                    double a = Sum(args, b, t, d);
                    StoredScalar.Set(args.Y, (b * args.Time + t) * args.Channels + d, args.Type, args.Silu ? a / (1 + Math.Exp(-a)) : a);
                }
            }
        }
    }

    private static void BackwardReference(in CausalConvArgs args)
    {
        int keep = args.Width - 1;
        var dx = new double[args.Time + keep];
        var dw = new double[args.Width];
        for (int d = 0; d < args.Channels; d++)
        {
            Array.Clear(dw);
            double dBias = 0;
            for (long b = 0; b < args.Batch; b++)
            {
                Array.Clear(dx);
                for (int t = 0; t < args.Time; t++)
                {
                    double g = StoredScalar.Get(args.YGradient, (b * args.Time + t) * args.Channels + d, args.Type);
                    if (args.Silu)
                    {
                        double a = Sum(args, b, t, d), s = 1 / (1 + Math.Exp(-a));
                        g *= s * (1 + a * (1 - s));
                    }
                    dBias += g;
                    int reach = args.Reach(b, t);
                    for (int k = 0; k <= reach; k++)
                    {
                        int tap = args.Width - 1 - k;
                        dw[tap] += g * Input(args, b, t - k, d);
                        dx[keep + t - k] += g * args.Weight[(long)d * args.Width + tap];
                    }
                }
                for (int t = -keep; t < args.Time; t++)
                {
                    if (t >= 0 && args.XGradient != null)
                        StoredScalar.Set(args.XGradient, (b * args.Time + t) * args.Channels + d, args.Type, dx[keep + t]);
                    else if (t < 0 && args.InitialStateGradient != null)
                        StoredScalar.Set(args.InitialStateGradient, (b * keep + keep + t) * args.Channels + d, args.Type, dx[keep + t]);
                }
            }
            if (args.WeightGradient != null)
            {
                for (int k = 0; k < args.Width; k++)
                    args.WeightGradient[(long)d * args.Width + k] = (float)(args.WeightGradient[(long)d * args.Width + k] + dw[k]);
            }
            if (args.BiasGradient != null)
                args.BiasGradient[d] = (float)(args.BiasGradient[d] + dBias);
        }
    }
}
