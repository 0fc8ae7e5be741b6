using Athanor.Models;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tensors.Optimizers;

namespace Athanor.Training.Pretraining;

/// <summary>
/// The parameter groups of a model and the optimizers over them: parameters of one type, one optimizer, one learning-rate factor and one decay share flat buffers.
/// Gains, biases and embeddings do not decay.
/// </summary>
public sealed class OptimizerSet : IDisposable
{
    private readonly List<ParameterGroup> _groups = [];
    private readonly List<Optimizer> _optimizers = [];

    /// <summary>Groups the model's trainable parameters.</summary>
    public OptimizerSet(Decoder model, OptimizerChoice choice, MaximalUpdate? maximalUpdate = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(choice);
        var main = new List<ParameterGroup>();
        var rest = new List<ParameterGroup>();
        foreach (var members in model.Parameters.Where(parameter => parameter.Value.Trainable).GroupBy(parameter => Place(parameter, model, choice, maximalUpdate)))
        {
            Key key = members.Key;
            string name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(key.Decays ? "matrices" : "others")} {key.Type} x{key.Factor:0.####}");
            var group = new ParameterGroup(name, members.Select(parameter => parameter.Value))
            {
                LearningRateFactor = (float)key.Factor,
                // The step shrinks weights by η·factor·λ: without this, muP would weaken the decay with the width.
                WeightDecayFactor = key.Decays ? (float)(1 / key.Factor) : 0,
            };
            _groups.Add(group);
            (key.Main ? main : rest).Add(group);
        }
        float decay = (float)choice.WeightDecay;
        switch (choice)
        {
            case AdamWChoice c:
                Add(main, groups => new AdamW(groups, new AdamWSettings((float)c.Beta1, (float)c.Beta2, (float)c.Epsilon, decay)));
                break;
            case AdamW8BitChoice c:
                Add(main, groups => new AdamW8Bit(groups, new AdamWSettings((float)c.Beta1, (float)c.Beta2, (float)c.Epsilon, decay)));
                Add(rest, groups => new AdamW(groups, new AdamWSettings((float)c.Beta1, (float)c.Beta2, (float)c.Epsilon, decay)));
                break;
            case LionChoice c:
                Add(main, groups => new Lion(groups, new LionSettings((float)c.Beta1, (float)c.Beta2, decay)));
                break;
            case MuonChoice c:
                Add(main, groups => new Muon(groups, new MuonSettings((float)c.Momentum, WeightDecay: decay, Scale: MuonScale.MatchAdamW)));
                Add(rest, groups => new AdamW(groups, new AdamWSettings((float)c.Beta1, (float)c.Beta2, WeightDecay: decay)));
                break;
            case SgdChoice c:
                Add(main, groups => new Sgd(groups, new SgdSettings((float)c.Momentum, WeightDecay: decay)));
                break;
            default:
                throw new ArgumentException($"The optimizer {choice.GetType().Name} is not known to the trainer.", nameof(choice));
        }
    }

    /// <summary>All groups.</summary>
    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>The optimizers.</summary>
    public IReadOnlyList<Optimizer> Optimizers => _optimizers;

    /// <summary>One step of all.</summary>
    public void Step(float learningRate, float gradientScale)
    {
        foreach (Optimizer optimizer in _optimizers)
            optimizer.Step(learningRate, gradientScale);
    }

    /// <summary>What is left to do when a step is skipped.</summary>
    public void ClearGradients()
    {
        foreach (ParameterGroup group in _groups)
            group.ClearGradients();
    }

    private void Add(List<ParameterGroup> groups, Func<List<ParameterGroup>, Optimizer> make)
    {
        if (groups.Count > 0)
            _optimizers.Add(make(groups));
    }

    private readonly record struct Key(bool Main, bool Decays, DType Type, double Factor);

    private static Key Place(ModelParameter parameter, Decoder model, OptimizerChoice choice, MaximalUpdate? maximalUpdate)
    {
        bool inBlock = parameter.Role is ParameterRole.Hidden or ParameterRole.Residual;
        bool main = choice switch
        {
            MuonChoice => inBlock,
            AdamW8BitChoice => (inBlock || parameter.Role == ParameterRole.Head) && parameter.Value.Shape.Count >= 4096,
            _ => true,
        };
        return new Key(main, inBlock || parameter.Role == ParameterRole.Head, parameter.Value.DType, maximalUpdate?.LearningRateFactor(parameter, model.Config) ?? 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Optimizer optimizer in _optimizers)
            optimizer.Dispose();
        foreach (ParameterGroup group in _groups)
            group.Dispose();
    }
}
