using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Kernels;

/// <summary>An array of any element type seen as doubles: what the reference kernels read and write. Stores round once, to nearest even.</summary>
internal readonly unsafe struct Cells(void* array, DType type)
{
    public double this[long i]
    {
        get => type switch
        {
            DType.F32 => ((float*)array)[i],
            DType.BF16 => BFloat16.ToSingle(((ushort*)array)[i]),
            DType.I32 => ((int*)array)[i],
            DType.U8 => ((byte*)array)[i],
            _ => ((sbyte*)array)[i],
        };
        set
        {
            switch (type)
            {
                case DType.F32: ((float*)array)[i] = (float)value; break;
                case DType.BF16: ((ushort*)array)[i] = BFloat16.FromSingle((float)value); break;
                case DType.I32: ((int*)array)[i] = (int)value; break;
                case DType.U8: ((byte*)array)[i] = (byte)value; break;
                default: ((sbyte*)array)[i] = (sbyte)value; break;
            }
        }
    }

    /// <summary>The address of element <paramref name="index"/> of an array with elements of <paramref name="size"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* At(void* array, long index, int size) => (byte*)array + index * size;
}
