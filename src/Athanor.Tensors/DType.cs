namespace Athanor.Tensors;

/// <summary>Element type of a tensor.</summary>
public enum DType : byte
{
    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>The upper half of an fp32: 8 exponent bits, 7 mantissa bits.</summary>
    BF16,

    /// <summary>32-bit signed integer: token ids, indices.</summary>
    I32,

    /// <summary>Unsigned byte: masks, quantized storage.</summary>
    U8,

    /// <summary>Signed byte: quantized storage.</summary>
    I8,
}

/// <summary>What follows from a data type.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F32 or DType.I32 => 4,
        DType.BF16 => 2,
        _ => 1,
    };

    /// <summary>Whether gradients can flow through tensors of this type.</summary>
    public static bool IsFloating(this DType type) => type is DType.F32 or DType.BF16;
}
