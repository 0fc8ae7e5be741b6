namespace Athanor.Tensors.Kernels;

internal static unsafe partial class LinearCrossEntropyKernel
{
    /// <summary>Row by row in double; logits are not rounded.</summary>
    private static void RunReference(in LinearCrossEntropyArgs args)
    {
        int vocabulary = args.Vocabulary, inner = args.Inner;
        double sign = args.Negative ? -1 : 1;
        CrossEntropyTerms terms = args.Terms;
        var x = new double[inner];
        var dx = new double[inner];
        var logits = new double[vocabulary];
        double[]? dw = args.Pass == LinearLossPass.Forward || args.WGradient == null ? null : new double[(long)vocabulary * inner];
        for (long i = 0; i < args.Rows; i++)
        {
            bool counts = args.Counts(i);
            double lse = 0;
            if (counts)
            {
                for (int k = 0; k < inner; k++)
                    x[k] = StoredScalar.Get(args.X, i * inner + k, args.Type);
                for (int v = 0; v < vocabulary; v++)
                {
                    double sum = 0;
                    for (int k = 0; k < inner; k++)
                        sum += x[k] * StoredScalar.Get(args.W, (long)v * inner + k, args.Type);
                    logits[v] = sum;
                }
                lse = LogSumExp(logits, terms);
            }
            if (args.Pass != LinearLossPass.Backward)
            {
                args.LogSumExp[i] = (float)lse;
                args.Losses[i] = counts ? (float)(sign * Loss(logits, args.Targets[i], lse, terms)) : 0;
            }
            if (args.Pass == LinearLossPass.Forward)
                continue;
            Array.Clear(dx);
            double weight = sign * args.Scale * (args.Weights == null ? 1.0 : args.Weights[i]);
            for (int v = 0; counts && v < vocabulary; v++)
            {
                double g = Math.Exp(CrossEntropyKernel.MapLogit(terms, logits[v]) - lse) * (1 + (terms.ZLoss == 0 ? 0 : 2 * terms.ZLoss * lse));
                g -= (double)terms.LabelSmoothing / vocabulary + (v == args.Targets[i] ? 1 - terms.LabelSmoothing : 0);
                g *= weight * CrossEntropyKernel.MapSlope(terms, logits[v]);
                for (int k = 0; k < inner; k++)
                {
                    dx[k] += g * StoredScalar.Get(args.W, (long)v * inner + k, args.Type);
                    if (dw is not null)
                        dw[(long)v * inner + k] += g * x[k];
                }
            }
            for (int k = 0; k < inner && args.XGradient != null; k++)
                StoredScalar.Set(args.XGradient, i * inner + k, args.Type, dx[k]);
        }
        for (long n = 0; dw is not null && n < dw.Length; n++)
            args.WGradient[n] = (float)(args.WGradient[n] + dw[n]);
    }

    private static double LogSumExp(double[] logits, in CrossEntropyTerms terms)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double logit in logits)
            max = Math.Max(max, CrossEntropyKernel.MapLogit(terms, logit));
        double shift = double.IsNegativeInfinity(max) ? 0 : max;
        foreach (double logit in logits)
            sum += Math.Exp(CrossEntropyKernel.MapLogit(terms, logit) - shift);
        return shift + Math.Log(sum);
    }

    private static double Loss(double[] logits, int target, double lse, in CrossEntropyTerms terms)
    {
        double loss = (1 - terms.LabelSmoothing) * (lse - CrossEntropyKernel.MapLogit(terms, logits[target]));
        if (terms.LabelSmoothing != 0)
        {
            double sum = 0;
            foreach (double logit in logits)
                sum += CrossEntropyKernel.MapLogit(terms, logit);
            loss += terms.LabelSmoothing * (lse - sum / logits.Length);
        }
        return terms.ZLoss == 0 ? loss : loss + terms.ZLoss * lse * lse;
    }
}
