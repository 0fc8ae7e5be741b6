namespace Athanor.Tensors.Kernels;

internal static unsafe partial class FlashAttention
{
    private static double Get(DType type, byte* row, int i) => type == DType.F32 ? ((float*)row)[i] : BFloat16.ToSingle(((ushort*)row)[i]);

    private static void Set(DType type, byte* row, int i, double value)
    {
        if (type == DType.F32)
            ((float*)row)[i] = (float)value;
        else
            ((ushort*)row)[i] = BFloat16.FromSingle((float)value);
    }

    /// <summary>A number of K or V.</summary>
    private static double Stored(in AttentionArgs a, in AttentionOperand rows, float* scales, int b, int j, int g, int x)
    {
        if (a.Blocks == null || a.CacheType == a.Type)
            return Get(a.Type, rows.At(b, a.RowOf(j), g, a.Type.Size()), x);
        int row = a.RowOf(j);
        byte* from = rows.At(0, row, g, a.CacheType.Size());
        float value = a.CacheType == DType.I8 ? ((sbyte*)from)[x] * scales[(long)row * a.KeyHeads + g] : (float)Get(a.CacheType, from, x);
        return a.Type == DType.BF16 ? BFloat16.ToSingle(BFloat16.FromSingle(value)) : value;
    }

    /// <summary>One query in double: weights over all keys (0 where hidden), derivative of the cap, output before rounding. Returns the log-sum-exp.</summary>
    internal static double ReferenceRow(in AttentionArgs a, int b, int h, int i, Span<double> weights, Span<double> capSlopes, Span<double> output)
    {
        int size = a.Type.Size(), g = h / a.Group;
        byte* q = a.Q.At(b, i, h, size);
        VisibleKeys visible = AttentionMask.Row(a, b, i);
        double largest = double.NegativeInfinity;
        bool anyNaN = false;
        for (int j = 0; j < a.KeyLength; j++)
        {
            weights[j] = double.NegativeInfinity;
            capSlopes[j] = 1;
            if (!visible.Contains(j))
                continue;
            double s = 0;
            for (int x = 0; x < a.HeadDim; x++)
                s += Get(a.Type, q, x) * Stored(a, a.K, a.KeyScales, b, j, g, x);
            s *= a.Scale;
            if (a.SoftCap != 0)
            {
                double t = Math.Tanh(s / a.SoftCap);
                s = a.SoftCap * t;
                capSlopes[j] = 1 - t * t;
            }
            if (a.Slopes != null)
                s -= (double)a.Slopes[h] * (a.Offset + i - j);
            weights[j] = s;
            anyNaN |= double.IsNaN(s);
            largest = Math.Max(largest, s);
        }
        output.Clear();
        if (largest == double.NegativeInfinity && !anyNaN)
        {
            weights.Clear();
            return double.NegativeInfinity;
        }
        double sum = 0;
        for (int j = 0; j < a.KeyLength; j++)
        {
            weights[j] = double.IsNegativeInfinity(weights[j]) ? 0 : Math.Exp(weights[j] - largest);
            sum += weights[j];
        }
        for (int j = 0; j < a.KeyLength; j++)
        {
            weights[j] /= sum;
            if (!visible.Contains(j))
                continue;
            for (int x = 0; x < a.HeadDim; x++)
                output[x] += weights[j] * Stored(a, a.V, a.ValueScales, b, j, g, x);
        }
        return largest + Math.Log(sum);
    }

    private static void ForwardReference(in AttentionArgs a)
    {
        double[] weights = new double[a.KeyLength], slopes = new double[a.KeyLength], output = new double[a.HeadDim];
        for (int b = 0; b < a.Batch; b++)
        {
            for (int h = 0; h < a.QueryHeads; h++)
            {
                for (int i = 0; i < a.QueryLength; i++)
                {
                    double lse = ReferenceRow(a, b, h, i, weights, slopes, output);
                    if (a.Lse != null)
                        a.LseOf(b, h)[i] = (float)lse;
                    byte* o = a.O.At(b, i, h, a.Type.Size());
                    for (int x = 0; x < a.HeadDim; x++)
                        Set(a.Type, o, x, output[x]);
                }
            }
        }
    }

    private static void BackwardReference(in AttentionArgs a)
    {
        int size = a.Type.Size(), dims = a.HeadDim;
        double[] weights = new double[a.KeyLength], slopes = new double[a.KeyLength], output = new double[dims], dQ = new double[dims];
        double[] dK = new double[a.KeyLength * dims], dV = new double[a.KeyLength * dims];
        for (int b = 0; b < a.Batch; b++)
        {
            for (int g = 0; g < a.KeyHeads; g++)
            {
                Array.Clear(dK);
                Array.Clear(dV);
                for (int h = g * a.Group; h < (g + 1) * a.Group; h++)
                {
                    for (int i = 0; i < a.QueryLength; i++)
                    {
                        ReferenceRow(a, b, h, i, weights, slopes, output);
                        VisibleKeys visible = AttentionMask.Row(a, b, i);
                        byte* dO = a.OGrad.At(b, i, h, size), q = a.Q.At(b, i, h, size);
                        double d = 0;
                        for (int x = 0; x < dims; x++)
                            d += Get(a.Type, dO, x) * output[x];
                        Array.Clear(dQ);
                        for (int j = 0; j < a.KeyLength; j++)
                        {
                            if (!visible.Contains(j))
                                continue;
                            byte* k = a.K.At(b, j, g, size), v = a.V.At(b, j, g, size);
                            double dP = 0;
                            for (int x = 0; x < dims; x++)
                                dP += Get(a.Type, dO, x) * Get(a.Type, v, x);
                            double dS = weights[j] * (dP - d) * slopes[j] * a.Scale;
                            for (int x = 0; x < dims; x++)
                            {
                                dV[j * dims + x] += weights[j] * Get(a.Type, dO, x);
                                dK[j * dims + x] += dS * Get(a.Type, q, x);
                                dQ[x] += dS * Get(a.Type, k, x);
                            }
                        }
                        byte* target = a.QGrad.At(b, i, h, size);
                        for (int x = 0; x < dims; x++)
                            Set(a.Type, target, x, dQ[x]);
                    }
                }
                for (int j = 0; j < a.KeyLength; j++)
                {
                    byte* k = a.KGrad.At(b, j, g, size), v = a.VGrad.At(b, j, g, size);
                    for (int x = 0; x < dims; x++)
                    {
                        Set(a.Type, k, x, dK[j * dims + x]);
                        Set(a.Type, v, x, dV[j * dims + x]);
                    }
                }
            }
        }
    }
}
