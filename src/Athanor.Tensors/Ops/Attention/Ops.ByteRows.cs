using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>
    /// Writes rows of heads into a cache of signed bytes, each head of a row with a scale of its own: x ≈ scale · q with scale = max |x| / 127. Outside autograd.
    /// </summary>
    /// <param name="bytes">I8 [slots, H, K], not trained.</param>
    /// <param name="scales">F32 [slots, H], not trained.</param>
    /// <param name="start">The first slot that is written.</param>
    /// <param name="source">F32 or BF16 [n, H, K].</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit.</exception>
    public static void AssignBytes(this Parameter bytes, Parameter scales, int start, Tensor source)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(scales);
        CheckBytes(bytes, scales);
        if (source.Shape.Rank != 3 || !source.DType.IsFloating() || source.Shape.With(0, 1) != bytes.Shape.With(0, 1) || start < 0 || start > bytes.Shape[0] - source.Shape[0])
            throw new ArgumentException($"Rows {source} do not fit into {bytes} at {start}.");
        source = source.Contiguous();
        int heads = bytes.Shape[1], size = bytes.Shape[2];
        source.Kernels.EncodeBytes(new ByteRowsArgs
        {
            Rows = (long)source.Shape[0] * heads,
            Columns = size,
            Values = source.Data,
            Type = source.DType,
            Bytes = (sbyte*)bytes.Value.Data + (long)start * heads * size,
            Scales = (float*)scales.Value.Data + (long)start * heads,
        });
    }

    /// <summary>Rows [n, H, K] of a cache of <see cref="AssignBytes"/>, from blocks of slots.</summary>
    /// <param name="bytes">I8 [slots, H, K].</param>
    /// <param name="scales">F32 [slots, H].</param>
    /// <param name="blocks">I32: block b is the slots b · size … (b + 1) · size − 1.</param>
    /// <param name="blockSize">Slots of a block.</param>
    /// <param name="length">n: the first so many rows of the blocks.</param>
    /// <param name="type">F32 or BF16.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A block lies beyond the memory.</exception>
    public static Tensor FromBytes(Parameter bytes, Parameter scales, Tensor blocks, int blockSize, int length, DType type)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(scales);
        CheckBytes(bytes, scales);
        if (blocks.DType != DType.I32 || !blocks.IsContiguous || blockSize < 1 || length < 0 || length > blocks.Count * blockSize || !type.IsFloating())
            throw new ArgumentException($"{length} rows cannot be read as {type} from blocks {blocks} of {blockSize} slots of {bytes}.");
        Tensor y = StepScope.Require().Allocate(bytes.Device, bytes.Shape.With(0, length), type, nameof(FromBytes));
        y.Kernels.CheckIndices((int*)blocks.Data, blocks.Count, bytes.Shape[0] / blockSize, "cache");
        int heads = bytes.Shape[1];
        y.Kernels.DecodeBytes(new ByteRowsArgs
        {
            Rows = (long)length * heads,
            Columns = bytes.Shape[2],
            Values = y.Data,
            Type = type,
            Bytes = (sbyte*)bytes.Value.Data,
            Scales = (float*)scales.Value.Data,
            Blocks = (int*)blocks.Data,
            BlockRows = (long)blockSize * heads,
        });
        return y;
    }

    private static void CheckBytes(Parameter bytes, Parameter scales)
    {
        if (bytes.DType != DType.I8 || bytes.Shape.Rank != 3 || scales.DType != DType.F32 || scales.Shape != new Shape(bytes.Shape[0], bytes.Shape[1]) || bytes.Trainable || scales.Trainable)
            throw new ArgumentException($"A cache of bytes is I8 [slots, heads, head dim] and F32 [slots, heads], not trained; these are {bytes} and {scales}.");
    }
}
