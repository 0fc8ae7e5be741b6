namespace Athanor.Tensors.Kernels;

/// <summary>
/// Sixteen rows of weights, unpacked for a stretch of columns: signed bytes in units of 16 or 32 columns, a scale and perhaps a minimum for each unit and row.
/// Value = Scale·byte − Min.
/// </summary>
internal readonly unsafe struct PackedTile(byte* memory)
{
    /// <summary>Columns of a stretch.</summary>
    public const int Columns = 1024;

    public const int Rows = 16;

    /// <summary>Bytes of the memory of a tile, a multiple of 64.</summary>
    public const int Bytes = Rows * Columns + 2 * Units * Rows * sizeof(float) + 2 * Units * Rows * sizeof(ushort) + Units * Rows;

    private const int Units = Columns / 16;

    /// <summary>[units][16 rows][unit].</summary>
    public readonly sbyte* Values = (sbyte*)memory;

    /// <summary>[units][16 rows].</summary>
    public readonly float* Scales = (float*)(memory + Rows * Columns);
    public readonly float* Mins = (float*)(memory + Rows * Columns) + Units * Rows;

    /// <summary>[blocks][16 rows], fp16 as it lies in the rows.</summary>
    public readonly ushort* BlockScales = (ushort*)((float*)(memory + Rows * Columns) + 2 * Units * Rows);
    public readonly ushort* BlockMins = (ushort*)((float*)(memory + Rows * Columns) + 2 * Units * Rows) + Units * Rows;

    /// <summary>[blocks][16 rows][16]: the small scales inside a block.</summary>
    public readonly byte* Small = (byte*)((ushort*)((float*)(memory + Rows * Columns) + 2 * Units * Rows) + 2 * Units * Rows);
}

/// <summary>How the rows of a block format are unpacked.</summary>
internal unsafe interface IBlockUnpack
{
    /// <summary>Columns that share a scale: 16 or 32.</summary>
    static abstract int UnitLength { get; }

    static abstract bool HasMins { get; }
    static abstract int BlockLength { get; }
    static abstract int BlockBytes { get; }

    /// <summary>Unpacks blocks of one row into the tile, scales as they lie.</summary>
    static abstract void Row(byte* source, int blocks, in PackedTile tile, int row);

    /// <summary>Makes fp32 scales and minima for so many blocks of all rows.</summary>
    static abstract void Scales(int blocks, in PackedTile tile);
}
