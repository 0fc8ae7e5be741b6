namespace Athanor.Data.Slurm;

/// <summary>Slurm is not there, refused something, or a stage failed on it for good.</summary>
public sealed class SlurmException : InvalidOperationException
{
    /// <summary>Says what is wrong and what to do.</summary>
    public SlurmException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
