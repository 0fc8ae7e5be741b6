namespace Athanor.Tensors.Safetensors;

/// <summary>
/// Element types that the safetensors format names, in the order of the original library's list: files are laid out by it, last
/// first. This engine converts F16, BF16, F32 and F64; tensors of the other types can be listed, skipped and read as bytes.
/// </summary>
public enum SafetensorsType : byte
{
    BOOL,

    /// <summary>Two 4-bit floats (E2M1) a byte, OCP microscaling.</summary>
    F4,
    F6_E2M3,
    F6_E3M2,
    U8,
    I8,
    F8_E5M2,
    F8_E4M3,

    /// <summary>An exponent: the scale of a microscaling block.</summary>
    F8_E8M0,
    F8_E4M3FNUZ,
    F8_E5M2FNUZ,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,

    /// <summary>Complex number of two fp32.</summary>
    C64,
    F64,
    I64,
    U64,
}

/// <summary>Names and sizes of <see cref="SafetensorsType"/>.</summary>
public static class SafetensorsTypes
{
    private static readonly SafetensorsType[] All = Enum.GetValues<SafetensorsType>();
    private static readonly string[] Names = Enum.GetNames<SafetensorsType>();

    /// <summary>Bits of one element; F4 and F6 fill bytes together.</summary>
    public static int Bits(this SafetensorsType type) => type switch
    {
        SafetensorsType.F4 => 4,
        SafetensorsType.F6_E2M3 or SafetensorsType.F6_E3M2 => 6,
        < SafetensorsType.I16 => 8,
        < SafetensorsType.I32 => 16,
        < SafetensorsType.C64 => 32,
        _ => 64,
    };

    /// <summary>The name in the header.</summary>
    public static string Name(this SafetensorsType type) => Names[(int)type];

    /// <summary>Whether <see cref="SafetensorsFile"/> converts this type to fp32.</summary>
    public static bool IsConvertible(this SafetensorsType type) =>
        type is SafetensorsType.F32 or SafetensorsType.BF16 or SafetensorsType.F16 or SafetensorsType.F64;

    /// <summary>The format's type for a tensor of this engine.</summary>
    public static SafetensorsType ToSafetensors(this DType type) => type switch
    {
        DType.F32 => SafetensorsType.F32,
        DType.BF16 => SafetensorsType.BF16,
        DType.I32 => SafetensorsType.I32,
        DType.U8 => SafetensorsType.U8,
        _ => SafetensorsType.I8,
    };

    /// <summary>The type of a header name; false when the format does not know it.</summary>
    public static bool TryParse(string? name, out SafetensorsType type)
    {
        int index = Array.IndexOf(Names, name);
        type = index < 0 ? default : All[index];
        return index >= 0;
    }

    internal static string List => string.Join(", ", Names);
}
