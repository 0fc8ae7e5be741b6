using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Quantization;

/// <summary>
/// A matrix of a checkpoint and the rows of the decoder's fused parameter that it is. Quantized it is stored [outputs, inputs] like any other, also where the plain file holds it turned (GPT-2), as
/// bitsandbytes and the readers of GPTQ take such layers.
/// </summary>
internal sealed class LinearLayer(FileTensor tensor, Parameter parameter)
{
    private const string Ending = ".weight";

    /// <summary>The name in the checkpoint, without <c>.weight</c>.</summary>
    public string Name { get; } = tensor.Name[..^Ending.Length];

    /// <summary>Outputs.</summary>
    public int Rows => tensor.Rows;

    /// <summary>Inputs.</summary>
    public int Columns => tensor.Columns;

    /// <summary>The fused weight that it is a part of, as the probe names it.</summary>
    public string Projection => parameter.Name;

    /// <summary>The weights.</summary>
    public float[] Read()
    {
        var weights = new float[Rows * Columns];
        foreach (RowRange range in tensor.Ranges)
            ParameterRows.Read(parameter, range.ParameterRow, range.Rows, weights.AsSpan(range.FileRow * Columns, range.Rows * Columns));
        return weights;
    }

    /// <summary>Sets the weights.</summary>
    public void Write(ReadOnlySpan<float> weights)
    {
        // Fused parameters are set whole.
        var all = new float[parameter.Shape.Count];
        ParameterRows.Read(parameter, 0, parameter.Shape[0], all);
        foreach (RowRange range in tensor.Ranges)
            weights.Slice(range.FileRow * Columns, range.Rows * Columns).CopyTo(all.AsSpan(range.ParameterRow * Columns));
        ParameterRows.Set(parameter, all);
    }

    /// <summary>The matrices of a model's blocks, and every tensor of its checkpoint.</summary>
    /// <exception cref="NotSupportedException">The family is not known.</exception>
    public static (List<LinearLayer> Layers, IReadOnlyList<FileTensor> All) Of(Decoder decoder)
    {
        Family family = Families.Find(decoder.Config.Family) ?? throw new NotSupportedException($"The family '{decoder.Config.Family}' is not known.");
        var map = new WeightMap(decoder.Config);
        family.Map(map);
        Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
        List<LinearLayer> layers = [.. map.Tensors.Where(IsLinear).Select(tensor => new LinearLayer(tensor, parameters[tensor.Ranges[0].Parameter]))];
        return (layers, map.Tensors);
    }

    /// <summary>Whether a tensor is a matrix of a block: embedding, head and positions stay as they are.</summary>
    public static bool IsLinear(FileTensor tensor) => tensor.Columns > 0 && tensor.Ranges[0].Parameter.StartsWith("layers.", StringComparison.Ordinal);
}
