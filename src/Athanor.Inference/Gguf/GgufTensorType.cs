using Athanor.Tensors.Blocks;

namespace Athanor.Inference.Gguf;

/// <summary>A type of tensors in GGUF files: ggml's number and name, the numbers of a block and its bytes. Those with a <see cref="Format"/> are read here, the others only skipped.</summary>
/// <param name="Id">ggml's number.</param>
/// <param name="Name">ggml's name.</param>
/// <param name="BlockLength">Numbers of a block; rows are whole blocks.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Format">How it is decoded; null where it is not.</param>
public sealed record GgufTensorType(uint Id, string Name, int BlockLength, int BlockBytes, BlockFormat? Format)
{
    private static readonly Dictionary<uint, GgufTensorType> _all = new GgufTensorType[]
    {
        Read(0, BlockFormat.F32), Read(1, BlockFormat.F16), Read(2, BlockFormat.Q4_0), Read(3, BlockFormat.Q4_1), Read(6, BlockFormat.Q5_0), Read(7, BlockFormat.Q5_1), Read(8, BlockFormat.Q8_0),
        new(9, "Q8_1", 32, 36, null), Read(10, BlockFormat.Q2_K), Read(11, BlockFormat.Q3_K), Read(12, BlockFormat.Q4_K), Read(13, BlockFormat.Q5_K), Read(14, BlockFormat.Q6_K),
        new(15, "Q8_K", 256, 292, null), new(16, "IQ2_XXS", 256, 66, null), new(17, "IQ2_XS", 256, 74, null), new(18, "IQ3_XXS", 256, 98, null), new(19, "IQ1_S", 256, 50, null),
        new(20, "IQ4_NL", 32, 18, null), new(21, "IQ3_S", 256, 110, null), new(22, "IQ2_S", 256, 82, null), new(23, "IQ4_XS", 256, 136, null), new(24, "I8", 1, 1, null), new(25, "I16", 1, 2, null),
        new(26, "I32", 1, 4, null), new(27, "I64", 1, 8, null), new(28, "F64", 1, 8, null), new(29, "IQ1_M", 256, 56, null), Read(30, BlockFormat.BF16), new(34, "TQ1_0", 256, 54, null),
        new(35, "TQ2_0", 256, 66, null), new(39, "MXFP4", 32, 17, null), new(40, "NVFP4", 64, 36, null), new(41, "Q1_0", 128, 18, null), new(42, "Q2_0", 64, 18, null),
    }.ToDictionary(type => type.Id);

    private static readonly Dictionary<BlockFormat, GgufTensorType> _byFormat = _all.Values.Where(type => type.Format is not null).ToDictionary(type => type.Format!.Value);

    /// <summary>All types that files may have.</summary>
    public static IReadOnlyCollection<GgufTensorType> All => _all.Values;

    /// <summary>The type of a format.</summary>
    public static GgufTensorType Of(BlockFormat format) => _byFormat[format];

    /// <summary>The type of a number; null where it is unknown or was removed from the format.</summary>
    public static GgufTensorType? Find(uint id) => _all.GetValueOrDefault(id);

    private static GgufTensorType Read(uint id, BlockFormat format) => new(id, format.ToString(), format.BlockLength(), format.BlockBytes(), format);
}
