namespace Athanor.Tensors.Kernels;

internal static unsafe partial class NormKernel
{
    private static void ForwardReference<TKind>(in NormForward a) where TKind : IKind
    {
        var gamma = new Cells(a.Gamma, a.WeightType);
        var beta = new Cells(a.Beta, a.WeightType);
        var y = new Cells(a.Y, a.Type);
        var h = new Cells(a.Residual == null ? a.X : a.H, a.Type);
        for (long row = 0; row < a.Rows; row++)
        {
            long start = row * a.Cols;
            if (a.Residual != null)
            {
                for (long c = 0; c < a.Cols; c++)
                    h[start + c] = new Cells(a.X, a.Type)[start + c] + new Cells(a.Residual, a.Type)[start + c];
            }
            double mean = 0, square = 0;
            if (TKind.SubtractsMean)
            {
                for (long c = 0; c < a.Cols; c++)
                    mean += h[start + c];
                mean /= a.Cols;
                a.Mean[row] = (float)mean;
            }
            for (long c = 0; c < a.Cols; c++)
                square += (h[start + c] - mean) * (h[start + c] - mean);
            double rstd = 1 / Math.Sqrt(square / a.Cols + a.Epsilon);
            a.Rstd[row] = (float)rstd;
            for (long c = 0; c < a.Cols; c++)
                y[start + c] = (h[start + c] - mean) * rstd * (a.Gamma == null ? 1 : gamma[c]) + (a.Beta == null ? 0 : beta[c]);
        }
    }

    private static void BackwardReference<TKind>(in NormBackward a) where TKind : IKind
    {
        var gamma = new Cells(a.Gamma, a.WeightType);
        var h = new Cells(a.H, a.Type);
        var dy = new Cells(a.DY, a.Type);
        for (long c = 0; c < a.Cols; c++)
        {
            double dGamma = 0, dBeta = 0;
            for (long row = 0; row < a.Rows; row++)
            {
                double mean = TKind.SubtractsMean ? a.Mean[row] : 0, upstream = dy[row * a.Cols + c];
                dGamma += upstream * (h[row * a.Cols + c] - mean) * a.Rstd[row];
                dBeta += upstream;
            }
            if (a.DGamma != null)
                a.DGamma[c] = (float)(a.DGamma[c] + dGamma);
            if (a.DBeta != null)
                a.DBeta[c] = (float)(a.DBeta[c] + dBeta);
        }
        for (long row = 0; row < a.Rows; row++)
        {
            long start = row * a.Cols;
            double mean = TKind.SubtractsMean ? a.Mean[row] : 0, rstd = a.Rstd[row], sum = 0, product = 0;
            for (long c = 0; c < a.Cols; c++)
            {
                double g = dy[start + c] * (a.Gamma == null ? 1 : gamma[c]);
                sum += g;
                product += g * (h[start + c] - mean) * rstd;
            }
            if (!TKind.SubtractsMean)
                sum = 0;
            for (long c = 0; c < a.Cols; c++)
            {
                double g = dy[start + c] * (a.Gamma == null ? 1 : gamma[c]), normal = (h[start + c] - mean) * rstd;
                double next = a.DHNext == null ? 0 : new Cells(a.DHNext, a.Type)[start + c];
                new Cells(a.DH, a.Type)[start + c] = rstd * (g - sum / a.Cols - normal * product / a.Cols) + next;
            }
        }
    }
}
