using System.Text.Json.Nodes;

namespace Athanor.Inference.Quantization;

/// <summary>A way to quantize the matrices of a Hugging Face folder; GGUF's formats are the exporter's.</summary>
public enum QuantizationMethod
{
    /// <summary>NF4 with double quantization, 4.13 bits; needs no texts.</summary>
    Nf4,

    /// <summary>int8 with a scale for each output, 8 bits; needs no texts.</summary>
    Int8,

    /// <summary>GPTQ: rounding that makes up for its errors, by calibration texts.</summary>
    Gptq,

    /// <summary>AWQ: scales and clips found by calibration texts, then rounding to nearest.</summary>
    Awq,
}

/// <summary>Settings of a quantization.</summary>
public sealed record QuantizationOptions
{
    /// <summary>The method.</summary>
    public QuantizationMethod Method { get; init; } = QuantizationMethod.Gptq;

    /// <summary>Bits of GPTQ: 2, 4 or 8.</summary>
    public int Bits { get; init; } = 4;

    /// <summary>Inputs that share a scale, of GPTQ and AWQ; −1 for all of a row.</summary>
    public int GroupSize { get; init; } = 128;

    /// <summary>Of GPTQ: inputs of large activations first.</summary>
    public bool ActOrder { get; init; } = true;

    /// <summary>Of GPTQ: the code of 0 is the middle one.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>Of GPTQ: the first damping.</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>Of NF4: the scales are quantized too.</summary>
    public bool DoubleQuantization { get; init; } = true;

    /// <summary>Whether the method looks at texts.</summary>
    public bool NeedsCalibration => Method is QuantizationMethod.Gptq or QuantizationMethod.Awq;

    /// <summary>What <c>quantization_config</c> in config.json says, in the words of the programs that read it.</summary>
    internal JsonObject ToJson() => Method switch
    {
        QuantizationMethod.Nf4 => new JsonObject
        {
            ["quant_method"] = "bitsandbytes",
            ["load_in_4bit"] = true,
            ["load_in_8bit"] = false,
            ["bnb_4bit_quant_type"] = "nf4",
            ["bnb_4bit_use_double_quant"] = DoubleQuantization,
            ["bnb_4bit_compute_dtype"] = "bfloat16",
            ["bnb_4bit_quant_storage"] = "uint8",
            ["llm_int8_skip_modules"] = new JsonArray("lm_head"),
        },
        QuantizationMethod.Int8 => new JsonObject
        {
            ["quant_method"] = "bitsandbytes",
            ["load_in_4bit"] = false,
            ["load_in_8bit"] = true,
            ["llm_int8_threshold"] = 6.0,
            ["llm_int8_skip_modules"] = new JsonArray("lm_head"),
        },
        QuantizationMethod.Gptq => new JsonObject
        {
            ["quant_method"] = "gptq",
            ["bits"] = Bits,
            ["group_size"] = GroupSize,
            ["desc_act"] = ActOrder,
            ["sym"] = Symmetric,
            ["damp_percent"] = Damping,
            ["true_sequential"] = true,
            ["checkpoint_format"] = "gptq",
        },
        _ => new JsonObject
        {
            ["quant_method"] = "awq",
            ["bits"] = 4,
            ["group_size"] = GroupSize,
            ["zero_point"] = true,
            ["version"] = "gemm",
        },
    };
}

/// <summary>What a quantization made.</summary>
/// <param name="Matrices">Matrices quantized.</param>
/// <param name="Weights">Numbers in them.</param>
/// <param name="Error">√(Σ(w − q)² / Σw²) over all of them.</param>
/// <param name="Bytes">Of all weight files.</param>
/// <param name="Notes">What did not go as usual, in sentences.</param>
public sealed record QuantizationReport(int Matrices, long Weights, double Error, long Bytes, IReadOnlyList<string> Notes);
