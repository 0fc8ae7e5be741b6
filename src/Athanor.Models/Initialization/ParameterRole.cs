namespace Athanor.Models.Initialization;

/// <summary>What a parameter does: decides its initial values, weight decay and learning-rate factor.</summary>
public enum ParameterRole
{
    /// <summary>Rows looked up by token or position.</summary>
    Embedding,

    /// <summary>The output head, where it is not the embedding.</summary>
    Head,

    /// <summary>A matrix into a block's inner space.</summary>
    Hidden,

    /// <summary>A matrix back onto the residual stream.</summary>
    Residual,

    /// <summary>Gains of a norm.</summary>
    Gain,

    /// <summary>Biases, also those of norms.</summary>
    Bias,
}
