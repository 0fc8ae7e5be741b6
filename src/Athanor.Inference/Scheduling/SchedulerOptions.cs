namespace Athanor.Inference.Scheduling;

/// <summary>Bounds of a step.</summary>
/// <param name="TokenBudget">Most tokens of a step.</param>
/// <param name="MaxSequences">Most texts that run.</param>
/// <param name="Window">Tokens that a query sees, 0 for all: blocks before it are given back.</param>
internal sealed record SchedulerOptions(int TokenBudget, int MaxSequences, int Window = 0);
