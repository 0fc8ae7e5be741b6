using Athanor.Models.Configuration;
using Athanor.Tensors.Blocks;

namespace Athanor.Inference.Gguf;

/// <summary>
/// Which format each matrix of a file gets: one format for all, or a mixture as llama-quantize chooses it (llama-quant.cpp): the output head, or the embedding where it is the head, in 6 bits, and in
/// the "_M" mixtures half of the value and down matrices too. Where queries, keys and values are one matrix it counts as values.
/// </summary>
/// <param name="Name">The name, as llama.cpp and its users write it.</param>
/// <param name="Format">The format of most matrices.</param>
/// <param name="FileType"><c>general.file_type</c>.</param>
/// <param name="More">The better format of some layers of attn_v, attn_qkv and ffn_down; null for none.</param>
public sealed record GgufMixture(string Name, BlockFormat Format, uint FileType, BlockFormat? More = null)
{
    /// <summary>The mixtures by name, largest first.</summary>
    public static IReadOnlyList<GgufMixture> All { get; } =
    [
        new("f32", BlockFormat.F32, 0), new("bf16", BlockFormat.BF16, 32), new("f16", BlockFormat.F16, 1), new("q8_0", BlockFormat.Q8_0, 7), new("q6_k", BlockFormat.Q6_K, 18),
        new("q5_k_m", BlockFormat.Q5_K, 17, BlockFormat.Q6_K), new("q4_k_m", BlockFormat.Q4_K, 15, BlockFormat.Q6_K), new("q4_0", BlockFormat.Q4_0, 2),
    ];

    /// <summary>The mixture of a name, in any case.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static GgufMixture ByName(string name) => All.FirstOrDefault(mixture => string.Equals(mixture.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"The type '{name}' is not known; choose {string.Join(", ", All.Select(mixture => mixture.Name))}.");

    /// <summary>The format of a tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="columns">Length of its rows.</param>
    /// <param name="layer">Its layer; −1 outside of the blocks.</param>
    /// <param name="architecture"><c>general.architecture</c>.</param>
    internal BlockFormat FormatOf(string name, int columns, int layer, ModelConfig config, string architecture)
    {
        if (Format.BlockLength() == 1)
            return Format;
        BlockFormat format = Format;
        if (name == "output.weight" || (name == "token_embd.weight" && config.TieEmbeddings))
            format = columns % Format.BlockLength() != 0 || Format == BlockFormat.Q8_0 ? BlockFormat.Q8_0 : BlockFormat.Q6_K;
        else if (More is { } more && layer >= 0)
            format = MoreOf(name, layer, config, architecture, more);
        return Fitting(format, columns);
    }

    private BlockFormat MoreOf(string name, int layer, ModelConfig config, string architecture, BlockFormat more)
    {
        bool values = name.EndsWith("attn_v.weight", StringComparison.Ordinal) || name.EndsWith("attn_qkv.weight", StringComparison.Ordinal);
        if (!values && !name.EndsWith("ffn_down.weight", StringComparison.Ordinal))
            return Format;
        if (HasMore(layer, config.Layers))
            return more;
        // What llama.cpp takes for a 70B by its architecture and layers: few value rows, which cost little.
        bool is70 = config.Layers == 80 && (architecture == "qwen2" || (architecture == "llama" && config.KeyValueHeads != config.Heads));
        return values && is70 && Format == BlockFormat.Q4_K ? BlockFormat.Q5_K : Format;
    }

    private static bool HasMore(int layer, int layers) => layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    // Rows that are not whole super-blocks take a format of small blocks with as many bits or more; those that are not even that, halves.
    private static BlockFormat Fitting(BlockFormat format, int columns)
    {
        if (columns % format.BlockLength() == 0)
            return format;
        format = format switch
        {
            BlockFormat.Q4_K => BlockFormat.Q5_0,
            BlockFormat.Q5_K => BlockFormat.Q5_1,
            BlockFormat.Q6_K => BlockFormat.Q8_0,
            _ => BlockFormat.F16,
        };
        return columns % format.BlockLength() == 0 ? format : BlockFormat.F16;
    }
}
