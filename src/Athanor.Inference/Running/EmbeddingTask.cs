using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <summary>The mean of the last hidden states of a text, of length 1. Summed in double from the first token to the last, so that the parts in which it is read do not matter.</summary>
internal sealed class EmbeddingTask(EngineModel model, IReadOnlyList<int> tokens) : EngineTask
{
    private readonly TaskCompletionSource<float[]> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly double[] _sum = new double[model.Decoder.Config.Width];
    private int _seen;

    public override int PromptTokens => tokens.Count;

    public Task<float[]> Result => _result.Task;

    public override void Start(long order) => Sequences.Add(model.Begin(this, tokens, order, null, null, 1, whole: true));

    public override void Want(in ScheduledSpan span, int row, List<WantedRow> logits, List<WantedRow> hidden)
    {
        for (int i = Math.Max(0, _seen - span.Sequence.Computed); i < span.Count; i++)
            hidden.Add(new WantedRow(span.Sequence, span.Sequence.Computed + i, row + i));
    }

    public override void TakeHidden(in WantedRow row, ReadOnlySpan<float> hidden)
    {
        for (int i = 0; i < hidden.Length; i++)
            _sum[i] += hidden[i];
        _seen++;
    }

    public override void Settle(Sequence sequence, Scheduler scheduler)
    {
        if (sequence.Pending > 0)
            return;
        scheduler.Remove(sequence);
        Sequences.Remove(sequence);
        double square = 0;
        foreach (double value in _sum)
            square += value * value;
        if (!TryEnd())
            return;
        if (!double.IsFinite(square) || square == 0)
            _result.SetException(new InferenceException($"The model gave no numbers for this text: the squared length of the sum of its hidden states is {square}. Check its weights."));
        else
            _result.SetResult(Array.ConvertAll(_sum, value => (float)(value / Math.Sqrt(square))));
    }

    public override void Fail(Exception reason) => _result.TrySetException(reason);
}
