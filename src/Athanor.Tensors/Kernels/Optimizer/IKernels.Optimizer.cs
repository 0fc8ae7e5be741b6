using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>One step of AdamW over flat buffers.</summary>
    void AdamW(in AdamWArgs args);

    /// <summary>One step of AdamW with 8-bit moments over flat buffers.</summary>
    void AdamW8(in AdamW8Args args);

    /// <summary>One step of Lion over flat buffers.</summary>
    void Lion(in LionArgs args);

    /// <summary>One step of gradient descent with momentum over flat buffers.</summary>
    void Sgd(in SgdArgs args);

    /// <summary>One step of Muon for one matrix.</summary>
    void Muon(in MuonArgs args);

    /// <summary>Bytes of workspace that <see cref="Muon"/> needs for a matrix.</summary>
    long MuonWorkspace(int rows, int columns);

    /// <summary>Σ x² in double; <paramref name="partials"/> has <see cref="SquaredNormKernel.Partials"/> entries.</summary>
    double SquaredNorm(float* x, long count, double* partials);
}
