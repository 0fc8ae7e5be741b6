using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Models.Medusa;
using Athanor.Tensors;
using Athanor.Tensors.Optimizers;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;

namespace Athanor.Training.Medusa;

/// <summary>
/// Trains heads on a frozen model (Medusa-1, arXiv 2401.10774): the loss is Σ λᵏ·CE of head k = 1 … against the token k + 1 places ahead in the same document, each a mean over the positions that
/// have such a token.
/// </summary>
public sealed class MedusaTrainer : IDisposable
{
    private readonly Decoder _model;
    private readonly MedusaHeads _heads;
    private readonly ParameterGroup[] _groups;
    private readonly AdamW _optimizer;
    private readonly GradientNorm _norm;
    private readonly double _decay;
    private int[] _targets = [];

    /// <summary>A trainer; model and heads are not disposed with it.</summary>
    /// <param name="decay">λ.</param>
    public MedusaTrainer(Decoder model, MedusaHeads heads, double decay)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(heads);
        (_model, _heads, _decay) = (model, heads, decay);
        _groups = [.. heads.Parameters.GroupBy(parameter => parameter.DType).Select(group => new ParameterGroup($"heads {group.Key}", group) { WeightDecayFactor = 0 })];
        _optimizer = new AdamW(_groups, new AdamWSettings(0.9f, 0.999f));
        _norm = new GradientNorm(_groups);
    }

    /// <summary>One step; gives the loss of each head.</summary>
    /// <exception cref="TrainingDivergedException">The loss is no number.</exception>
    public double[] Step(Batch batch, double rate, int microTokens, long step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var losses = new double[_heads.Count];
        long[] counts = [.. Enumerable.Range(0, _heads.Count).Select(head => Targets(batch, head))];
        int rows = Math.Clamp(microTokens / batch.Length, 1, batch.Rows);
        for (int row = 0; row < batch.Rows; row += rows)
        {
            using StepScope scope = StepScope.Begin(_model.Device);
            int taken = Math.Min(rows, batch.Rows - row);
            Tensor hidden = Hidden(batch, row, taken);
            for (int head = 0; head < _heads.Count; head++)
            {
                if (counts[head] == 0)
                    continue;
                Targets(batch, head);
                Tensor targets = Tensor.From(_model.Device, new Shape(taken, batch.Length), _targets.AsSpan(row * batch.Length, taken * batch.Length));
                Tensor loss = _heads.Loss(head, hidden, targets, new CrossEntropyOptions { Denominator = counts[head] }) * (float)Math.Pow(_decay, head + 1);
                loss.Backward();
                losses[head] += loss.Item() / Math.Pow(_decay, head + 1);
            }
        }
        GradientReport gradient = _norm.Measure(1);
        if (!gradient.IsFinite || !losses.All(double.IsFinite))
            throw new TrainingDivergedException(step, FormattableString.Invariant($"the heads' losses are {string.Join(", ", losses)}, the gradient norm {gradient.Norm}."), "");
        _optimizer.Step((float)rate, gradient.Scale);
        return losses;
    }

    /// <summary>Counts for each head how often its first, second, … guess is the token, ranks up to those of <paramref name="right"/>[head].</summary>
    public void Count(Batch batch, long[][] right, long[] asked)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentNullException.ThrowIfNull(asked);
        int vocabulary = _model.Config.VocabularySize;
        var logits = new float[batch.Length * vocabulary];
        for (int row = 0; row < batch.Rows; row++)
        {
            using StepScope scope = StepScope.Begin(_model.Device, record: false);
            Tensor hidden = Hidden(batch, row, 1);
            for (int head = 0; head < _heads.Count; head++)
            {
                if (Targets(batch, head) == 0)
                    continue;
                _heads.LogitRows(head, hidden, logits);
                for (int i = 0; i < batch.Length; i++)
                {
                    int target = _targets[row * batch.Length + i];
                    if (target < 0)
                        continue;
                    asked[head]++;
                    int rank = Rank(logits.AsSpan(i * vocabulary, vocabulary), target, right[head].Length);
                    if (rank < right[head].Length)
                        right[head][rank]++;
                }
            }
        }
    }

    // How many stand before the target, counted no further than is asked.
    private static int Rank(ReadOnlySpan<float> logits, int target, int most)
    {
        int rank = 0;
        for (int i = 0; i < logits.Length && rank < most; i++)
            rank += logits[i] > logits[target] || (logits[i] == logits[target] && i < target) ? 1 : 0;
        return rank;
    }

    private Tensor Hidden(Batch batch, int row, int rows)
    {
        // Nothing is recorded: the model is frozen, and the heads' gradients end at its hidden states.
        using StepScope frozen = StepScope.Begin(_model.Device, record: false);
        BatchInput.Rows(_model.Device, batch, row, rows, out DecoderInput input, out _);
        return frozen.Return(_model.Hidden(input));
    }

    /// <summary>Lays out the targets of a head, the token head + 2 places ahead in the same document; gives how many there are.</summary>
    private long Targets(Batch batch, int head)
    {
        int size = batch.Rows * batch.Length, ahead = head + 1;
        if (_targets.Length < size)
            _targets = new int[size];
        long count = 0;
        Span<int> targets = batch.Targets, segments = batch.Segments;
        for (int i = 0; i < size; i++)
        {
            bool there = i % batch.Length + ahead < batch.Length && (!batch.IsPacked || segments[i] == segments[i + ahead]) && targets[i] >= 0;
            _targets[i] = there ? targets[i + ahead] : Batch.Ignored;
            count += _targets[i] >= 0 ? 1 : 0;
        }
        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norm.Dispose();
        _optimizer.Dispose();
        foreach (ParameterGroup group in _groups)
            group.Dispose();
    }
}
