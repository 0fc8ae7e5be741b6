using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Training.Batches;

namespace Athanor.Training.Pretraining;

/// <summary>Rows of a batch as tensors of the current scope.</summary>
internal static class BatchInput
{
    public static void Rows(Device device, Batch batch, int first, int rows, out DecoderInput input, out Tensor targets)
    {
        var shape = new Shape(rows, batch.Length);
        int start = first * batch.Length, count = rows * batch.Length;
        Tensor ids = Tensor.From(device, shape, batch.Ids.Slice(start, count));
        targets = Tensor.From(device, shape, batch.Targets.Slice(start, count));
        input = batch.IsPacked
            ? new DecoderInput(
                ids, Tensor.From(device, shape, batch.Positions.Slice(start, count)), Tensor.From(device, shape, batch.Segments.Slice(start, count)),
                batch.IsBidirectional ? Tensor.From(device, shape, batch.Prefixes.Slice(start, count)) : default)
            : new DecoderInput(ids);
    }
}
