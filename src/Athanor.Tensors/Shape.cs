using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Athanor.Tensors;

/// <summary>The extents of a tensor, outermost first; at most six dimensions, kept without a heap array.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>Most dimensions a tensor can have.</summary>
    public const int MaxRank = 6;

    private readonly Extents _extents;

    // Less one, so that the default value is a scalar.
    private readonly long _countLessOne;

    [InlineArray(MaxRank)]
    private struct Extents
    {
        private int _first;
    }

    /// <summary>A shape of the given extents; none makes a scalar.</summary>
    public Shape(params ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaxRank)
            throw new ArgumentException($"A tensor has at most {MaxRank} dimensions; {extents.Length} were given.");
        long count = 1;
        for (int i = 0; i < extents.Length; i++)
        {
            if (extents[i] < 0)
                throw new ArgumentOutOfRangeException(nameof(extents), extents[i], "An extent cannot be negative.");
            _extents[i] = extents[i];
            count = checked(count * extents[i]);
        }
        Rank = extents.Length;
        _countLessOne = count - 1;
    }

    /// <summary>Number of dimensions; 0 for a scalar.</summary>
    public int Rank { get; }

    /// <summary>Number of elements: the product of the extents, 1 for a scalar.</summary>
    public long Count => _countLessOne + 1;

    /// <summary>The extent of one dimension; negative numbers count from the last.</summary>
    public int this[int dimension] => _extents[Index(dimension)];

    /// <summary>The extent of the last dimension; 1 for a scalar.</summary>
    public int Last => Rank == 0 ? 1 : _extents[Rank - 1];

    /// <summary>Elements before the last dimension: the number of rows when the tensor is seen as a matrix.</summary>
    public long Rows
    {
        get
        {
            long rows = 1;
            for (int i = 0; i < Rank - 1; i++)
                rows *= _extents[i];
            return rows;
        }
    }

    /// <summary>Maps a dimension that may count from the end to 0 … Rank − 1.</summary>
    public int Index(int dimension)
    {
        int index = dimension < 0 ? dimension + Rank : dimension;
        if ((uint)index >= (uint)Rank)
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The shape {this} has {Rank} dimensions.");
        return index;
    }

    /// <summary>This shape with one extent replaced.</summary>
    public Shape With(int dimension, int extent)
    {
        Span<int> extents = stackalloc int[MaxRank];
        CopyTo(extents);
        extents[Index(dimension)] = extent;
        return new Shape(extents[..Rank]);
    }

    /// <summary>Writes the extents to the front of <paramref name="target"/>.</summary>
    public void CopyTo(Span<int> target)
    {
        for (int i = 0; i < Rank; i++)
            target[i] = _extents[i];
    }

    public bool Equals(Shape other)
    {
        if (Rank != other.Rank)
            return false;
        for (int i = 0; i < Rank; i++)
        {
            if (_extents[i] != other._extents[i])
                return false;
        }
        return true;
    }

    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        int hash = Rank;
        for (int i = 0; i < Rank; i++)
            hash = HashCode.Combine(hash, _extents[i]);
        return hash;
    }

    public static bool operator ==(Shape left, Shape right) => left.Equals(right);
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>[2, 3, 4].</summary>
    public override string ToString()
    {
        var text = new StringBuilder("[");
        for (int i = 0; i < Rank; i++)
            text.Append(i == 0 ? "" : ", ").Append(_extents[i].ToString(CultureInfo.InvariantCulture));
        return text.Append(']').ToString();
    }
}
