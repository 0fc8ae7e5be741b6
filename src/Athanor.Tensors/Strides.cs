using System.Runtime.CompilerServices;

namespace Athanor.Tensors;

/// <summary>Distances in elements between neighbours along each dimension of a view.</summary>
[InlineArray(Shape.MaxRank)]
public struct Strides
{
    private long _first;

    /// <summary>Row-major strides: the last dimension is contiguous.</summary>
    public static Strides RowMajor(in Shape shape)
    {
        Strides strides = default;
        long step = 1;
        for (int i = shape.Rank - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= shape[i];
        }
        return strides;
    }

    /// <summary>Whether these strides walk the shape's elements in memory order without gaps.</summary>
    public readonly bool IsRowMajor(in Shape shape)
    {
        long step = 1;
        for (int i = shape.Rank - 1; i >= 0; i--)
        {
            if (shape[i] != 1 && this[i] != step)
                return false;
            step *= shape[i];
        }
        return true;
    }
}
