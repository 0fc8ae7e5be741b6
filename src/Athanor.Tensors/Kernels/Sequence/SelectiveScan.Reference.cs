namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SelectiveScanKernel
{
    private static double DeltaOf(in SelectiveScanArgs args, long at, int d, out double slope)
    {
        double x = StoredScalar.Get(args.Delta, at, args.Type) + (args.DeltaBias == null ? 0 : args.DeltaBias[d]);
        slope = args.Softplus ? 1 / (1 + Math.Exp(-x)) : 1;
        return args.Softplus ? Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x))) : x;
    }

    private static void ForwardReference(in SelectiveScanArgs args)
    {
        int states = args.States, channels = args.Channels;
        var h = new double[states];
        for (long b = 0; b < args.Batch; b++)
        {
            for (int d = 0; d < channels; d++)
            {
                for (int n = 0; n < states; n++)
                    h[n] = args.InitialState == null ? 0 : args.InitialState[(b * states + n) * channels + d];
                for (int t = 0; t < args.Time; t++)
                {
                    if (args.Boundaries != null && t % SelectiveScanArgs.Chunk == 0)
                    {
                        for (int n = 0; n < states; n++)
                            args.Boundaries[((b * args.Chunks + t / SelectiveScanArgs.Chunk) * states + n) * channels + d] = (float)h[n];
                    }
                    long at = (b * args.Time + t) * channels + d, row = (b * args.Time + t) * states;
                    double u = StoredScalar.Get(args.U, at, args.Type), delta = DeltaOf(args, at, d, out _);
                    double y = args.Skip == null ? 0 : args.Skip[d] * u;
                    for (int n = 0; n < states; n++)
                    {
                        double keep = args.Clears(b, t) ? 0 : Math.Exp(delta * args.A[(long)d * states + n]);
                        h[n] = keep * h[n] + delta * u * StoredScalar.Get(args.B, row + n, args.Type);
                        y += h[n] * StoredScalar.Get(args.C, row + n, args.Type);
                    }
                    StoredScalar.Set(args.Y, at, args.Type, y);
                }
                for (int n = 0; n < states && args.FinalState != null; n++)
                    args.FinalState[(b * states + n) * channels + d] = (float)h[n];
            }
        }
    }

    private static void BackwardReference(in SelectiveScanArgs args)
    {
        int states = args.States, channels = args.Channels;
        var h = new double[(args.Time + 1) * states];
        var dh = new double[states];
        var dB = new double[(long)args.Batch * args.Time * states];
        var dC = new double[dB.Length];
        var dA = new double[states];
        for (int d = 0; d < channels; d++)
        {
            double dSkip = 0, dBias = 0;
            Array.Clear(dA);
            for (long b = 0; b < args.Batch; b++)
            {
                for (int n = 0; n < states; n++)
                {
                    h[n] = args.InitialState == null ? 0 : args.InitialState[(b * states + n) * channels + d];
                    dh[n] = args.FinalStateGradient == null ? 0 : args.FinalStateGradient[(b * states + n) * channels + d];
                }
                for (int t = 0; t < args.Time; t++)
                {
                    long at = (b * args.Time + t) * channels + d;
                    double u = StoredScalar.Get(args.U, at, args.Type), delta = DeltaOf(args, at, d, out _);
                    for (int n = 0; n < states; n++)
                    {
                        double keep = args.Clears(b, t) ? 0 : Math.Exp(delta * args.A[(long)d * states + n]);
                        h[(t + 1) * states + n] = keep * h[t * states + n] + delta * u * StoredScalar.Get(args.B, (b * args.Time + t) * states + n, args.Type);
                    }
                }
                for (int t = args.Time - 1; t >= 0; t--)
                {
                    long at = (b * args.Time + t) * channels + d, row = (b * args.Time + t) * states;
                    double u = StoredScalar.Get(args.U, at, args.Type), delta = DeltaOf(args, at, d, out double slope);
                    double dy = StoredScalar.Get(args.YGradient, at, args.Type);
                    double du = args.Skip == null ? 0 : dy * args.Skip[d], dDelta = 0;
                    dSkip += dy * u;
                    for (int n = 0; n < states; n++)
                    {
                        double a = args.A[(long)d * states + n], bn = StoredScalar.Get(args.B, row + n, args.Type);
                        double keep = args.Clears(b, t) ? 0 : Math.Exp(delta * a), before = h[t * states + n];
                        double g = dh[n] + dy * StoredScalar.Get(args.C, row + n, args.Type);
                        dC[row + n] += dy * h[(t + 1) * states + n];
                        dB[row + n] += g * delta * u;
                        dA[n] += g * before * keep * delta;
                        dDelta += g * (before * keep * a + bn * u);
                        du += g * delta * bn;
                        dh[n] = g * keep;
                    }
                    dBias += dDelta * slope;
                    if (args.UGradient != null)
                        StoredScalar.Set(args.UGradient, at, args.Type, du);
                    if (args.DeltaGradient != null)
                        StoredScalar.Set(args.DeltaGradient, at, args.Type, dDelta * slope);
                }
                for (int n = 0; n < states && args.InitialStateGradient != null; n++)
                    args.InitialStateGradient[(b * states + n) * channels + d] = (float)dh[n];
            }
            for (int n = 0; n < states && args.AGradient != null; n++)
                args.AGradient[(long)d * states + n] = (float)(args.AGradient[(long)d * states + n] + dA[n]);
            if (args.SkipGradient != null)
                args.SkipGradient[d] = (float)(args.SkipGradient[d] + dSkip);
            if (args.DeltaBiasGradient != null)
                args.DeltaBiasGradient[d] = (float)(args.DeltaBiasGradient[d] + dBias);
        }
        for (long i = 0; i < dB.Length; i++)
        {
            if (args.BGradient != null)
                StoredScalar.Set(args.BGradient, i, args.Type, dB[i]);
            if (args.CGradient != null)
                StoredScalar.Set(args.CGradient, i, args.Type, dC[i]);
        }
    }
}
