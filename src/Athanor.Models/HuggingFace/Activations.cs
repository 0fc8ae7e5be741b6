using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Hugging Face's names of activations.</summary>
internal static class Activations
{
    // The first name of a kind is the one that is written.
    private static readonly (string Name, FeedForwardKind Kind)[] Plain =
    [
        ("gelu_new", FeedForwardKind.GeluTanh), ("gelu_pytorch_tanh", FeedForwardKind.GeluTanh), ("gelu_fast", FeedForwardKind.GeluTanh), ("gelu", FeedForwardKind.Gelu),
        ("silu", FeedForwardKind.Silu), ("swish", FeedForwardKind.Silu), ("relu", FeedForwardKind.Relu), ("relu2", FeedForwardKind.ReluSquared),
    ];

    private static readonly (string Name, FeedForwardKind Kind)[] Gated =
    [
        ("silu", FeedForwardKind.SwiGlu), ("swish", FeedForwardKind.SwiGlu), ("swiglu", FeedForwardKind.SwiGlu), ("gelu", FeedForwardKind.GeGlu),
        ("gelu_pytorch_tanh", FeedForwardKind.GeGluTanh), ("gelu_new", FeedForwardKind.GeGluTanh),
    ];

    public static bool TryParse(string name, bool gated, out FeedForwardKind kind)
    {
        foreach ((string known, FeedForwardKind value) in gated ? Gated : Plain)
        {
            if (known == name)
            {
                kind = value;
                return true;
            }
        }
        kind = gated ? FeedForwardKind.SwiGlu : FeedForwardKind.Gelu;
        return false;
    }

    /// <summary>The name that is written; null when the kind has none.</summary>
    public static string? NameOf(FeedForwardKind kind, bool gated)
    {
        foreach ((string known, FeedForwardKind value) in gated ? Gated : Plain)
        {
            if (value == kind)
                return known;
        }
        return null;
    }

    public static string List(bool gated) => string.Join(", ", (gated ? Gated : Plain).Select(entry => entry.Name));
}
