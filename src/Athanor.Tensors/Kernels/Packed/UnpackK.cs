using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tensors.Kernels;

/// <summary>Q4_K: nibbles, a scale and a minimum of 6 bits for each 32.</summary>
internal readonly unsafe struct UnpackQ4_K : IBlockBytes
{
    public static int UnitLength => 32;
    public static bool HasMins => true;
    public static int BlockLength => 256;
    public static int BlockBytes => 144;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(byte* source, int blocks, in PackedTile tile, int row)
    {
        sbyte* to = tile.Values + row * 32;
        var mask = Vector256.Create((byte)15);
        for (int i = 0; i < blocks; i++, source += 144)
        {
            tile.BlockScales[i * 16 + row] = *(ushort*)source;
            tile.BlockMins[i * 16 + row] = *(ushort*)(source + 2);
            SixBits((uint*)(source + 4), (uint*)(tile.Small + (i * 16 + row) * 16));
            for (int j = 0; j < 4; j++, to += 1024)
            {
                Vector256<byte> bytes = Vector256.Load(source + 16 + j * 32);
                (bytes & mask).Store((byte*)to);
                ((bytes.AsUInt16() >> 4).AsByte() & mask).Store((byte*)to + 512);
            }
        }
    }

    /// <summary>Eight scales, then eight minima, from twelve bytes; see ggml's get_scale_min_k4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SixBits(uint* packed, uint* small)
    {
        uint a = packed[0], b = packed[1], c = packed[2];
        small[0] = a & 0x3F3F3F3F;
        small[1] = (c & 0x0F0F0F0F) | (a >> 2 & 0x30303030);
        small[2] = b & 0x3F3F3F3F;
        small[3] = (c >> 4 & 0x0F0F0F0F) | (b >> 2 & 0x30303030);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(int blocks, in PackedTile tile)
    {
        byte* room = stackalloc byte[256];
        for (int i = 0; i < blocks; i++)
        {
            byte* small = tile.Small + i * 256;
            SmallScales.Transpose(small, room);
            Vector512<float> d = SmallScales.Half(tile.BlockScales + i * 16), min = SmallScales.Half(tile.BlockMins + i * 16);
            for (int j = 0; j < 8; j++)
            {
                (d * SmallScales.Bytes(small + j * 16)).Store(tile.Scales + (i * 8 + j) * 16);
                (min * SmallScales.Bytes(small + (j + 8) * 16)).Store(tile.Mins + (i * 8 + j) * 16);
            }
        }
    }

    public static byte Offset => 0;
    public static bool IsNarrow => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bytes(byte* block, int part)
    {
        Vector256<byte> bytes = Vector256.Load(block + 16 + (part >> 1) * 32);
        return ((part & 1) == 0 ? bytes : (bytes.AsUInt16() >> 4).AsByte()) & Vector256.Create((byte)15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BlockScales(byte* block, long rowBytes, in PackedTile tile)
    {
        for (int row = 0; row < PackedTile.Rows; row++, block += rowBytes)
        {
            tile.BlockScales[row] = *(ushort*)block;
            tile.BlockMins[row] = *(ushort*)(block + 2);
            SixBits((uint*)(block + 4), (uint*)(tile.Small + row * 16));
        }
        Scales(1, tile);
    }
}

/// <summary>Q6_K: 6 bits less 32, a signed scale for each 16.</summary>
internal readonly unsafe struct UnpackQ6_K : IBlockBytes
{
    public static int UnitLength => 16;
    public static bool HasMins => false;
    public static int BlockLength => 256;
    public static int BlockBytes => 210;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(byte* source, int blocks, in PackedTile tile, int row)
    {
        byte* to = (byte*)tile.Values + row * 16;
        Vector256<byte> low = Vector256.Create((byte)15), high = Vector256.Create((byte)48), middle = Vector256.Create((byte)32);
        for (int i = 0; i < blocks; i++, source += 210)
        {
            for (int half = 0; half < 2; half++, to += 8 * 256)
            {
                Vector256<byte> first = Vector256.Load(source + half * 64), second = Vector256.Load(source + half * 64 + 32), top = Vector256.Load(source + 128 + half * 32);
                Store(to, (first & low | (top.AsUInt16() << 4).AsByte() & high) - middle);
                Store(to + 512, (second & low | (top.AsUInt16() << 2).AsByte() & high) - middle);
                Store(to + 1024, ((first.AsUInt16() >> 4).AsByte() & low | top & high) - middle);
                Store(to + 1536, ((second.AsUInt16() >> 4).AsByte() & low | (top.AsUInt16() >> 2).AsByte() & high) - middle);
            }
            Vector128.Load(source + 192).Store(tile.Small + (i * 16 + row) * 16);
            tile.BlockScales[i * 16 + row] = *(ushort*)(source + 208);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(byte* target, Vector256<byte> values)
    {
        values.GetLower().Store(target);
        values.GetUpper().Store(target + 256);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(int blocks, in PackedTile tile)
    {
        byte* room = stackalloc byte[256];
        for (int i = 0; i < blocks; i++)
        {
            byte* small = tile.Small + i * 256;
            SmallScales.Transpose(small, room);
            Vector512<float> d = SmallScales.Half(tile.BlockScales + i * 16);
            for (int j = 0; j < 16; j++)
                (d * SmallScales.SignedBytes(small + j * 16)).Store(tile.Scales + (i * 16 + j) * 16);
        }
    }

    public static byte Offset => 32;
    public static bool IsNarrow => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bytes(byte* block, int part)
    {
        Vector256<ushort> low = Vector256.Load(block + (part >> 2) * 64 + (part & 1) * 32).AsUInt16(), top = Vector256.Load(block + 128 + (part >> 2) * 32).AsUInt16();
        Vector256<byte> nibbles = ((part & 2) == 0 ? low : low >> 4).AsByte() & Vector256.Create((byte)15);
        return nibbles | ((part & 3) switch { 0 => top << 4, 1 => top << 2, 2 => top, _ => top >> 2 }).AsByte() & Vector256.Create((byte)48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BlockScales(byte* block, long rowBytes, in PackedTile tile)
    {
        for (int row = 0; row < PackedTile.Rows; row++, block += rowBytes)
        {
            Vector128.Load(block + 192).Store(tile.Small + row * 16);
            tile.BlockScales[row] = *(ushort*)(block + 208);
        }
        Scales(1, tile);
    }
}
