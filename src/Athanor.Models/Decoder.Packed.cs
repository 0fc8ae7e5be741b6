using Athanor.Tensors;

namespace Athanor.Models;

/// <content>Losses and log-probabilities of a model whose output head is packed: logits of a block of tokens at a time.</content>
public sealed partial class Decoder
{
    private const int HeadBlock = 128;

    private Tensor PackedLogProbs(Tensor hidden, Tensor ids, float temperature)
    {
        int rows = checked((int)hidden.Shape.Rows);
        Tensor x = hidden.Reshape(rows, Config.Width), wanted = ids.Reshape(rows);
        var parts = new List<Tensor>();
        for (int row = 0; row < rows; row += HeadBlock)
        {
            using StepScope scope = StepScope.Begin(Device, record: false);
            int count = Math.Min(HeadBlock, rows - row);
            Tensor logits = _head.Apply(x.Slice(0, row, count), type: DType.F32);
            parts.Add(scope.Return(logits.LogProb(wanted.Slice(0, row, count).Contiguous(), temperature: temperature, softCap: Config.LogitSoftCap)));
        }
        return Ops.Concat(0, [.. parts]).Reshape(ids.Shape[0], ids.Shape[1]);
    }

    private Tensor PackedLoss(Tensor hidden, Tensor targets, CrossEntropyOptions options, Tensor weights, out Tensor tokenLosses)
    {
        int rows = checked((int)hidden.Shape.Rows);
        Tensor x = hidden.Reshape(rows, Config.Width), wanted = targets.Reshape(rows);
        Tensor factors = weights.Exists ? weights.Reshape(rows) : default;
        var parts = new List<Tensor>();
        double sum = 0;
        for (int row = 0; row < rows; row += HeadBlock)
        {
            using StepScope scope = StepScope.Begin(Device, record: false);
            int count = Math.Min(HeadBlock, rows - row);
            Tensor logits = _head.Apply(x.Slice(0, row, count), type: DType.F32);
            Tensor part = factors.Exists ? factors.Slice(0, row, count).Contiguous() : default;
            sum += Ops.CrossEntropy(logits, wanted.Slice(0, row, count).Contiguous(), options with { Denominator = 1 }, part, out Tensor losses, out _).Item();
            parts.Add(scope.Return(losses));
        }
        tokenLosses = Ops.Concat(0, [.. parts]).Reshape(targets.Shape[0], targets.Shape[1]);
        double denominator = options.Denominator ?? TotalWeight(wanted, factors, options.IgnoreIndex);
        return Tensor.From(Device, new Shape(), [denominator == 0 ? 0 : (float)(sum / denominator)]);
    }

    private static double TotalWeight(Tensor targets, Tensor weights, int ignoreIndex)
    {
        var ids = new int[targets.Count];
        targets.CopyTo(ids);
        float[]? factors = weights.Exists ? weights.ToArray() : null;
        double total = 0;
        for (int i = 0; i < ids.Length; i++)
            total += ids[i] == ignoreIndex ? 0 : factors?[i] ?? 1;
        return total;
    }
}
