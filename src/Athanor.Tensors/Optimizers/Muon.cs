using Athanor.Tensors.Kernels;
using Athanor.Tensors.Memory;

namespace Athanor.Tensors.Optimizers;

/// <summary>How the size of Muon's orthogonal update depends on the matrix.</summary>
public enum MuonScale
{
    /// <summary>√max(1, rows/columns), after the original: the learning rate is the spectral change of a square matrix.</summary>
    Spectral,

    /// <summary>0.2·√max(rows, columns): the update has the usual size of AdamW's, so that its learning rate and decay carry over (Liu et al. 2025, arXiv 2502.16982).</summary>
    MatchAdamW,
}

/// <summary>Settings of <see cref="Muon"/>.</summary>
/// <param name="Momentum">Decay of the momentum.</param>
/// <param name="Nesterov">Orthogonalizes (1-μ)·g + μ·m instead of m.</param>
/// <param name="WeightDecay">Decoupled, times the group's factor.</param>
/// <param name="Iterations">Newton-Schulz iterations.</param>
/// <param name="Scale">Size of the update.</param>
public sealed record MuonSettings(float Momentum = 0.95f, bool Nesterov = true, float WeightDecay = 0, int Iterations = 5, MuonScale Scale = MuonScale.Spectral);

/// <summary>
/// Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): momentum, made orthogonal by five Newton-Schulz iterations with the coefficients 3.4445, -4.7750,
/// 2.0315. For the weight matrices of hidden layers; embeddings, heads and vectors belong to <see cref="AdamW"/>. 4 bytes of state a parameter.
/// </summary>
/// <remarks>A parameter of more than two dimensions is a stack of matrices, such as the experts of a mixture. A NaN gradient makes its whole matrix NaN.</remarks>
public sealed unsafe class Muon : Optimizer
{
    private readonly MuonSettings _settings;
    private readonly float*[] _momentum;
    private readonly NativeBuffer[] _workspaces;

    public Muon(IEnumerable<ParameterGroup> groups, MuonSettings? settings = null)
        : base(groups)
    {
        _settings = settings ?? new MuonSettings();
        if (!(_settings is { Momentum: >= 0 and < 1, WeightDecay: >= 0, Iterations: > 0 }))
            throw new ArgumentException($"Momentum lies in [0, 1), weight decay is not negative, there is at least one iteration: {_settings}.", nameof(settings));
        _momentum = new float*[Groups.Count];
        _workspaces = new NativeBuffer[Groups.Count];
        foreach (ParameterGroup group in Groups)
        {
            foreach (Parameter parameter in group.Parameters)
            {
                if (parameter.Shape.Rank < 2)
                    throw new ArgumentException($"Muon updates matrices; {parameter} in the group {group.Name} is none. Give it to AdamW.", nameof(groups));
            }
        }
        for (int i = 0; i < Groups.Count; i++)
        {
            _momentum[i] = (float*)NewState(i, "momentum", DType.F32);
            long bytes = 0;
            foreach (Parameter parameter in Groups[i].Parameters)
                bytes = Math.Max(bytes, Groups[i].Device.Kernels.MuonWorkspace(parameter.Shape[-2], parameter.Shape[-1]));
            _workspaces[i] = Groups[i].Device.Heap.Rent(bytes, "Muon's workspace");
        }
    }

    private protected override void Dispose(bool disposing)
    {
        foreach (NativeBuffer workspace in _workspaces)
            workspace.Release();
        base.Dispose(disposing);
    }

    private protected override void Update(int group, float learningRate, float gradientScale)
    {
        ParameterGroup g = Groups[group];
        for (int p = 0; p < g.Parameters.Count; p++)
        {
            Shape shape = g.Parameters[p].Shape;
            int rows = shape[-2], columns = shape[-1];
            long matrix = (long)rows * columns;
            for (long offset = 0; offset < shape.Count; offset += matrix)
            {
                long at = g.Offset(p) + offset;
                g.Device.Kernels.Muon(new MuonArgs
                {
                    Master = g.Master + at,
                    Gradient = g.Gradient + at,
                    Copy = g.Copy == null ? null : g.Copy + at,
                    Momentum = _momentum[group] + at,
                    Rows = rows,
                    Columns = columns,
                    LearningRate = learningRate,
                    MomentumFactor = _settings.Momentum,
                    Nesterov = _settings.Nesterov,
                    WeightDecay = _settings.WeightDecay * g.WeightDecayFactor,
                    Iterations = _settings.Iterations,
                    UpdateScale = _settings.Scale == MuonScale.Spectral ? MathF.Sqrt(MathF.Max(1, rows / (float)columns)) : 0.2f * MathF.Sqrt(Math.Max(rows, columns)),
                    GradientScale = gradientScale,
                    ZeroGradient = ClearsGradients,
                    Workspace = _workspaces[group].Pointer,
                });
            }
        }
    }
}
