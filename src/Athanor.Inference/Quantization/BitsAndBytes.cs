using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Quantization;

/// <summary>The tensors of bitsandbytes' checkpoints: NF4 with or without quantized scales, and int8.</summary>
internal static class BitsAndBytes
{
    public const string State = ".weight.quant_state.bitsandbytes__nf4";

    /// <summary>The tensors of a matrix in NF4.</summary>
    /// <param name="read">Gets the weights that they stand for.</param>
    public static IEnumerable<SafetensorsSource> Nf4(string name, float[] weights, int[] shape, bool nested, float[] read)
    {
        byte[] codes = new byte[(weights.Length + 1) / 2];
        float[] scales = new float[(weights.Length + NormalFloat.BlockLength - 1) / NormalFloat.BlockLength];
        NormalFloat.Encode(weights, codes, scales);
        var state = new JsonObject { ["quant_type"] = "nf4", ["blocksize"] = NormalFloat.BlockLength, ["dtype"] = "bfloat16", ["shape"] = new JsonArray([.. shape.Select(extent => (JsonNode)extent)]) };
        var sources = new List<SafetensorsSource>
        {
            SafetensorsSource.Of($"{name}.weight", SafetensorsType.U8, [codes.Length, 1], codes), Floats($"{name}.weight.quant_map", NormalFloat.Table),
        };
        if (nested)
        {
            byte[] inner = new byte[scales.Length];
            float[] outer = new float[(scales.Length + DynamicCode.BlockLength - 1) / DynamicCode.BlockLength];
            float offset = DynamicCode.Encode(scales, inner, outer);
            DynamicCode.Decode(inner, outer, offset, scales);
            (state["nested_blocksize"], state["nested_dtype"], state["nested_offset"]) = (DynamicCode.BlockLength, "float32", offset);
            sources.AddRange([SafetensorsSource.Of($"{name}.weight.absmax", SafetensorsType.U8, [inner.Length], inner), Floats($"{name}.weight.nested_absmax", outer), Floats($"{name}.weight.nested_quant_map", DynamicCode.Table)]);
        }
        else
        {
            sources.Add(Floats($"{name}.weight.absmax", scales));
        }
        byte[] json = System.Text.Encoding.UTF8.GetBytes(state.ToJsonString());
        sources.Add(SafetensorsSource.Of(name + State, SafetensorsType.U8, [json.Length], json));
        NormalFloat.Decode(codes, scales, read);
        return sources;
    }

    /// <summary>The tensors of a matrix in int8.</summary>
    /// <param name="read">Gets the weights that they stand for.</param>
    public static IEnumerable<SafetensorsSource> Int8(string name, float[] weights, int rows, int columns, float[] read)
    {
        var codes = new sbyte[weights.Length];
        var scales = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            Span<sbyte> place = codes.AsSpan(row * columns, columns);
            scales[row] = RowInt8.Encode(weights.AsSpan(row * columns, columns), place);
            RowInt8.Decode(place, scales[row], read.AsSpan(row * columns, columns));
        }
        return [SafetensorsSource.Of($"{name}.weight", SafetensorsType.I8, [rows, columns], MemoryMarshal.AsBytes(codes.AsSpan()).ToArray()), Floats($"{name}.SCB", scales), SafetensorsSource.Of($"{name}.weight_format", SafetensorsType.U8, [], new byte[1])];
    }

    /// <summary>The weights of NF4 tensors.</summary>
    public static void ReadNf4(Func<string, byte[]> bytes, Func<string, float[]> numbers, Func<string, bool> has, string name, Span<float> target)
    {
        byte[] codes = bytes($"{name}.weight");
        JsonNode state = JsonNode.Parse(bytes(name + State))!;
        if ((int?)state["blocksize"] != NormalFloat.BlockLength || codes.Length != (target.Length + 1) / 2)
            throw new InvalidDataException($"'{name}' has blocks of {state["blocksize"]} and {codes.Length} bytes of codes; blocks of {NormalFloat.BlockLength} and {(target.Length + 1) / 2} are read.");
        float[] scales = new float[(target.Length + NormalFloat.BlockLength - 1) / NormalFloat.BlockLength];
        if (has($"{name}.weight.nested_absmax"))
        {
            byte[] inner = bytes($"{name}.weight.absmax");
            float[] outer = numbers($"{name}.weight.nested_absmax");
            if (inner.Length != scales.Length || outer.Length != (scales.Length + DynamicCode.BlockLength - 1) / DynamicCode.BlockLength || (int?)state["nested_blocksize"] != DynamicCode.BlockLength)
                throw new InvalidDataException($"The scales of '{name}' do not belong to its weights.");
            DynamicCode.Decode(inner, outer, (float?)state["nested_offset"] ?? 0, scales);
        }
        else
        {
            float[] given = numbers($"{name}.weight.absmax");
            scales = given.Length == scales.Length ? given : throw new InvalidDataException($"The scales of '{name}' do not belong to its weights.");
        }
        NormalFloat.Decode(codes, scales, target);
    }

    /// <summary>The weights of int8 tensors.</summary>
    public static void ReadInt8(Func<string, byte[]> bytes, Func<string, float[]> numbers, string name, int columns, Span<float> target)
    {
        byte[] codes = bytes($"{name}.weight");
        float[] scales = numbers($"{name}.SCB");
        if (codes.Length != target.Length || scales.Length != target.Length / columns)
            throw new InvalidDataException($"The scales of '{name}' do not belong to its weights.");
        for (int row = 0; row < scales.Length; row++)
            RowInt8.Decode(MemoryMarshal.Cast<byte, sbyte>(codes.AsSpan(row * columns, columns)), scales[row], target.Slice(row * columns, columns));
    }

    private static SafetensorsSource Floats(string name, ReadOnlySpan<float> values) => SafetensorsSource.Of(name, SafetensorsType.F32, [values.Length], MemoryMarshal.AsBytes(values).ToArray());
}
