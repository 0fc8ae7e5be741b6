using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Turns the first <paramref name="heads"/> heads of every row by the angles of its position; what follows in the row (the values
    /// of a fused QKV projection) is passed on. One call for queries and keys: heads = Hq + Hkv of [B, T, (Hq + 2·Hkv)·K].
    /// </summary>
    /// <param name="x">[.., T, W] with W ≥ heads·headSize.</param>
    /// <param name="headSize">K; the table's rotary dimensions are its leading part.</param>
    /// <param name="interleaved">Pairs are neighbours (GPT-J) instead of halves (NeoX, Llama).</param>
    /// <param name="positions">I32, one position for each row of x (packed rows restart); a default handle counts 0 … T − 1 in each row of the batch.</param>
    /// <param name="offset">Added to the counted positions: tokens already in a cache.</param>
    /// <param name="consume">
    /// Allows to work in place when nobody else needs x: the caller gives x up, and its handle must not be used again.
    /// </param>
    public static unsafe Tensor Rotate(this Tensor x, RotaryTable table, int heads, int headSize, bool interleaved = false, Tensor positions = default, int offset = 0, bool consume = false)
    {
        ArgumentNullException.ThrowIfNull(table);
        RequireFloating(x, nameof(Rotate), nameof(x));
        if (x.Shape.Rank < 2 || heads < 1 || (long)heads * headSize > x.Shape.Last)
            throw new ArgumentException($"Rotate of {heads} heads of {headSize} needs x [.., T, at least {(long)heads * headSize}]; x is {x}.");
        if (table.Rotary > headSize)
            throw new ArgumentException($"The rotary table turns {table.Rotary} dimensions, the heads of x {x} have {headSize}.");
        if (positions.Exists)
        {
            if (positions.DType != DType.I32 || positions.Count != x.Shape.Rows || !positions.IsContiguous)
                throw new ArgumentException($"Rotate of x {x} needs {x.Shape.Rows} positions in a contiguous I32 tensor; positions is {positions}.");
            RequirePositions(positions, table);
        }
        else if (offset < 0 || offset + (long)x.Shape[-2] > table.Positions)
        {
            throw new ArgumentException($"Rotate of x {x} at offset {offset} reaches position {offset + (long)x.Shape[-2] - 1}; the table has {table.Positions}. Build a longer table.");
        }
        x = x.Contiguous();
        bool inPlace = consume && x.CanOverwrite;
        StepScope scope = StepScope.Require();
        Tensor y = inPlace ? scope.Alias(x, x.Shape, x.Strides, x.State.Offset) : scope.Allocate(x.Device, x.Shape, x.DType, nameof(Rotate));
        RopeArguments arguments = RotateNode.Arguments(x.Shape, x.DType, table, heads, headSize, interleaved, positions, offset);
        arguments.X = x.Data;
        arguments.Y = y.Data;
        x.Kernels.Rotate(arguments);
        if (StepScope.Record<RotateNode>(x.RequiresGrad) is { } node)
            node.Begin(x, y, table, heads, headSize, interleaved, positions, offset);
        if (inPlace)
            x.State.ReleaseBuffer("Rotate worked in place on it (consume: true)");
        return y;
    }

    private static unsafe void RequirePositions(Tensor positions, RotaryTable table)
    {
        var ids = (int*)positions.Data;
        for (long i = 0; i < positions.Count; i++)
        {
            if ((uint)ids[i] >= (uint)table.Positions)
                throw new ArgumentOutOfRangeException(nameof(positions), ids[i], $"Position {i} lies outside the rotary table of {table.Positions} positions.");
        }
    }

    /// <summary>The slopes of ALiBi for <paramref name="heads"/> heads (arXiv 2108.12409), also for numbers that are no power of two.</summary>
    public static float[] AlibiSlopes(int heads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        float[] slopes = new float[heads];
        RopeKernel.FillAlibiSlopes(slopes);
        return slopes;
    }
}
