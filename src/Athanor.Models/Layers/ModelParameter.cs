using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>A parameter with what it does in the model.</summary>
/// <param name="Value">The weights.</param>
/// <param name="Role">What it does.</param>
/// <param name="Part">Where it is: <c>embedding</c>, <c>attention</c>, <c>feed-forward</c>, <c>norm</c>, <c>head</c>.</param>
/// <param name="FeedForwardOutput">The matrix out of the feed-forward part, whose fan-in is F instead of D.</param>
public sealed record ModelParameter(Parameter Value, ParameterRole Role, string Part, bool FeedForwardOutput = false)
{
    /// <summary>The dotted name.</summary>
    public string Name => Value.Name;
}
