using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Kernels;

/// <summary>Q8_0: the bytes as they lie.</summary>
internal readonly unsafe struct UnpackQ8_0 : IBlockBytes
{
    public static int UnitLength => 32;
    public static bool HasMins => false;
    public static int BlockLength => 32;
    public static int BlockBytes => 34;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(byte* source, int blocks, in PackedTile tile, int row)
    {
        sbyte* to = tile.Values + row * 32;
        ushort* scale = tile.BlockScales + row;
        for (int i = 0; i < blocks; i++, source += 34, to += 512, scale += 16)
        {
            *scale = *(ushort*)source;
            Vector256.Load((sbyte*)source + 2).Store(to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(int blocks, in PackedTile tile)
    {
        for (int i = 0; i < blocks; i++)
            SmallScales.Half(tile.BlockScales + i * 16).Store(tile.Scales + i * 16);
    }

    public static byte Offset => 128;
    public static bool IsNarrow => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bytes(byte* block, int part) => Vector256.Load(block + 2) ^ Vector256.Create((byte)128);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BlockScales(byte* block, long rowBytes, in PackedTile tile) => SmallScales.HalfOfRows(block, rowBytes, tile.Scales);
}

/// <summary>Q4_0: nibbles less 8.</summary>
internal readonly unsafe struct UnpackQ4_0 : IBlockBytes
{
    public static int UnitLength => 32;
    public static bool HasMins => false;
    public static int BlockLength => 32;
    public static int BlockBytes => 18;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(byte* source, int blocks, in PackedTile tile, int row)
    {
        sbyte* to = tile.Values + row * 32;
        ushort* scale = tile.BlockScales + row;
        var mask = Vector256.Create((byte)15);
        var eight = Vector256.Create((byte)8);
        for (int i = 0; i < blocks; i++, source += 18, to += 512, scale += 16)
        {
            *scale = *(ushort*)source;
            ((Nibbles(source + 2) & mask) - eight).Store((byte*)to);
        }
    }

    /// <summary>Sixteen bytes twice, the second time shifted right by four: low nibbles, then high ones, each below other bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Nibbles(byte* source)
    {
        if (Avx2.IsSupported)
            return Avx2.ShiftRightLogicalVariable(Avx2.BroadcastVector128ToVector256(source).AsUInt64(), Vector256.Create(0ul, 0, 4, 4)).AsByte();
        Vector128<byte> bytes = Vector128.Load(source);
        return Vector256.Create(bytes, bytes >> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(int blocks, in PackedTile tile) => UnpackQ8_0.Scales(blocks, tile);

    public static byte Offset => 8;
    public static bool IsNarrow => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bytes(byte* block, int part) => Nibbles(block + 2) & Vector256.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BlockScales(byte* block, long rowBytes, in PackedTile tile) => SmallScales.HalfOfRows(block, rowBytes, tile.Scales);
}
