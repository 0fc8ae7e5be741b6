namespace Athanor.Training.Planning;

/// <summary>A model size and a number of training tokens.</summary>
/// <param name="Parameters">N.</param>
/// <param name="Tokens">D.</param>
/// <param name="Loss">The loss that the law expects, in nats a token of the corpus it was fitted on.</param>
public readonly record struct TrainingSize(double Parameters, double Tokens, double Loss)
{
    /// <summary>Floating-point operations: 6ND.</summary>
    public double Flops => 6 * Parameters * Tokens;
}

/// <summary>L(N, D) = E + A/N^alpha + B/D^beta (Hoffmann et al. 2022, arXiv 2203.15556).</summary>
public sealed record ScalingLaw(string Name, double E, double A, double B, double Alpha, double Beta)
{
    /// <summary>Chinchilla's own fit; its optimum disagrees with that paper's other two methods.</summary>
    public static ScalingLaw Hoffmann { get; } = new("hoffmann", 1.69, 406.4, 410.7, 0.34, 0.28);

    /// <summary>The refit of the same runs by Besiroglu et al. (arXiv 2404.10102): about 20 tokens a parameter.</summary>
    public static ScalingLaw Epoch { get; } = new("epoch", 1.82, 482.01, 2085.43, 0.3478, 0.3658);

    /// <summary>All laws.</summary>
    public static IReadOnlyList<ScalingLaw> All { get; } = [Epoch, Hoffmann];

    /// <summary>The law of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ScalingLaw ByName(string name) => All.FirstOrDefault(law => law.Name == name)
        ?? throw new ArgumentException($"There is no scaling law '{name}'. Choose {string.Join(" or ", All.Select(law => law.Name))}.", nameof(name));

    /// <summary>The loss of a size.</summary>
    public double Loss(double parameters, double tokens) => E + A / Math.Pow(parameters, Alpha) + B / Math.Pow(tokens, Beta);

    /// <summary>The size of least loss for a budget of training, C = 6ND.</summary>
    public TrainingSize Optimum(double flops)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(flops);
        double g = Math.Pow(Alpha * A / (Beta * B), 1 / (Alpha + Beta));
        double parameters = g * Math.Pow(flops / 6, Beta / (Alpha + Beta)), tokens = flops / 6 / parameters;
        return new TrainingSize(parameters, tokens, Loss(parameters, tokens));
    }

    /// <summary>
    /// Of all sizes that reach the loss of the optimum for a budget, the one that is cheapest over its whole life: 6ND for training and 2N for each token
    /// that it will read or write afterwards (Sardana et al. 2023, arXiv 2401.00448). It is smaller than the optimum and learns longer.
    /// </summary>
    /// <param name="flops">The budget whose loss is to be reached.</param>
    /// <param name="servedTokens">Tokens of its life after training.</param>
    public TrainingSize OptimumWithInference(double flops, double servedTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(servedTokens);
        TrainingSize best = Optimum(flops);
        double target = best.Loss, low = Math.Log(Math.Pow(A / (target - E), 1 / Alpha) * (1 + 1e-9)), high = Math.Log(best.Parameters);
        // Life cost has one minimum between the smallest size that can reach the loss at all and the optimum: golden-section search.
        const double ratio = 0.6180339887498949;
        for (int i = 0; i < 200; i++)
        {
            double left = high - ratio * (high - low), right = low + ratio * (high - low);
            if (Life(left) < Life(right))
                high = right;
            else
                low = left;
        }
        double parameters = Math.Exp((low + high) / 2);
        return new TrainingSize(parameters, Needed(parameters), target);

        double Needed(double n) => Math.Pow(B / (target - E - A / Math.Pow(n, Alpha)), 1 / Beta);

        double Life(double logarithm)
        {
            double n = Math.Exp(logarithm);
            return 6 * n * Needed(n) + 2 * n * servedTokens;
        }
    }
}
