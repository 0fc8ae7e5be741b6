namespace Athanor.Benchmarks;

/// <summary>Topic train-step: whole training steps of Llama-style models.</summary>
internal static class TrainStep
{
    public static int Run(Options options)
    {
        Console.Error.WriteLine($"Topic train-step{(options.Quick ? " --quick" : "")} needs the block stack, which this checkout does not have.");
        return 2;
    }
}
