namespace Athanor.Training.Planning;

/// <summary>What a budget of operations is best spent on, and what that takes on a machine.</summary>
/// <param name="Optimum">The size of least loss.</param>
/// <param name="OptimumPlan">Its training.</param>
/// <param name="WithInference">The size of that loss which costs least with the tokens it will serve; null where none are told.</param>
/// <param name="WithInferencePlan">Its training.</param>
public sealed record BudgetPlan(TrainingSize Optimum, TrainingPlan OptimumPlan, TrainingSize? WithInference, TrainingPlan? WithInferencePlan)
{
    /// <summary>Plans a budget.</summary>
    /// <param name="law">The scaling law.</param>
    /// <param name="flops">Operations of the training.</param>
    /// <param name="servedTokens">Tokens that the model will read or write after training; 0 for none.</param>
    /// <param name="machine">The device.</param>
    /// <param name="assumptions">How many devices, how well they are used, what they cost.</param>
    public static BudgetPlan Of(ScalingLaw law, double flops, double servedTokens, MachineSpec machine, PlanAssumptions assumptions)
    {
        ArgumentNullException.ThrowIfNull(law);
        TrainingSize best = law.Optimum(flops);
        TrainingSize? life = servedTokens > 0 ? law.OptimumWithInference(flops, servedTokens) : null;
        // A law knows no shapes, so 6ND is all there is of operations.
        TrainingPlan Plan(TrainingSize size) => TrainingPlan.Of(size.Flops, size.Flops, machine, assumptions with { Tokens = size.Tokens });
        return new BudgetPlan(best, Plan(best), life, life is { } size ? Plan(size) : null);
    }
}
