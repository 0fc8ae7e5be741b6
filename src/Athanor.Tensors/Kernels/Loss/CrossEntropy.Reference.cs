namespace Athanor.Tensors.Kernels;

internal static unsafe partial class CrossEntropyKernel
{
    internal static double MapLogit(in CrossEntropyTerms terms, double x)
    {
        double z = terms.SoftCap > 0 ? terms.SoftCap * Math.Tanh(x / terms.SoftCap) : x;
        return z / terms.Temperature;
    }

    internal static double MapSlope(in CrossEntropyTerms terms, double x)
    {
        double t = terms.SoftCap > 0 ? Math.Tanh(x / terms.SoftCap) : 0;
        return (1 - t * t) / terms.Temperature;
    }

    internal static double LogSumExpReference(void* logits, long n, DType type, in CrossEntropyTerms terms)
    {
        double max = double.NegativeInfinity, sum = 0;
        for (long v = 0; v < n; v++)
            max = Math.Max(max, MapLogit(terms, StoredScalar.Get(logits, v, type)));
        double shift = double.IsNegativeInfinity(max) ? 0 : max;
        for (long v = 0; v < n; v++)
            sum += Math.Exp(MapLogit(terms, StoredScalar.Get(logits, v, type)) - shift);
        return shift + Math.Log(sum);
    }

    private static void ForwardReference(in CrossEntropyArgs args)
    {
        CrossEntropyTerms terms = args.Terms;
        for (long i = 0; i < args.Rows; i++)
        {
            void* x = args.LogitsOf(i);
            double lse = LogSumExpReference(x, args.Vocabulary, args.Type, terms);
            if (args.LogSumExp != null)
                args.LogSumExp[i] = (float)lse;
            if (args.Losses == null)
                continue;
            args.Losses[i] = 0;
            if (args.Weight(i) == 0)
                continue;
            double loss = (1 - terms.LabelSmoothing) * (lse - MapLogit(terms, StoredScalar.Get(x, args.Targets[i], args.Type)));
            if (terms.LabelSmoothing != 0)
            {
                double sum = 0;
                for (long v = 0; v < args.Vocabulary; v++)
                    sum += MapLogit(terms, StoredScalar.Get(x, v, args.Type));
                loss += terms.LabelSmoothing * (lse - sum / args.Vocabulary);
            }
            if (terms.ZLoss != 0)
                loss += terms.ZLoss * lse * lse;
            args.Losses[i] = (float)loss;
        }
    }

    private static void BackwardReference(in CrossEntropyArgs args)
    {
        CrossEntropyTerms terms = args.Terms;
        for (long i = 0; i < args.Rows; i++)
        {
            void* x = args.LogitsOf(i);
            void* dx = args.GradientOf(i);
            double weight = args.Weight(i);
            double lse = LogSumExpReference(x, args.Vocabulary, args.Type, terms);
            for (long v = 0; v < args.Vocabulary; v++)
            {
                double g = 0;
                if (weight != 0)
                {
                    double value = StoredScalar.Get(x, v, args.Type);
                    double p = Math.Exp(MapLogit(terms, value) - lse);
                    g = p * (1 + (terms.ZLoss == 0 ? 0 : 2 * terms.ZLoss * lse)) - (double)terms.LabelSmoothing / args.Vocabulary;
                    if (v == args.Targets[i])
                        g -= 1 - terms.LabelSmoothing;
                    g *= args.Scale * weight * MapSlope(terms, value);
                }
                StoredScalar.Set(dx, v, args.GradientType, g);
            }
        }
    }
}
