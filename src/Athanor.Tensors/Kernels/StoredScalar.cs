namespace Athanor.Tensors.Kernels;

/// <summary>Single elements of typed arrays as double: how the reference kernels read and write.</summary>
internal static unsafe class StoredScalar
{
    public static double Get(void* array, long index, DType type) => type switch
    {
        DType.F32 => ((float*)array)[index],
        DType.BF16 => BFloat16.ToSingle(((ushort*)array)[index]),
        _ => throw new NotSupportedException($"This kernel computes on F32 and BF16, not on {type}."),
    };

    public static void Set(void* array, long index, DType type, double value)
    {
        if (type == DType.F32)
            ((float*)array)[index] = (float)value;
        else if (type == DType.BF16)
            ((ushort*)array)[index] = BFloat16.FromSingle((float)value);
        else
            throw new NotSupportedException($"This kernel computes on F32 and BF16, not on {type}.");
    }
}
