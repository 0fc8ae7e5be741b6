using System.Buffers;
using System.Runtime.InteropServices;

namespace Athanor.Tensors.Safetensors;

/// <summary>Rows of parameters on their way into files: read as fp32, or written in a file's type. Runs on the calling thread alone.</summary>
public static unsafe class ParameterRows
{
    private const int Part = 1 << 16;

    /// <summary>Copies rows of the outermost dimension out as fp32.</summary>
    public static void Read(Parameter parameter, long firstRow, long rows, Span<float> target)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        long length = Check(parameter, firstRow, rows);
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, rows * length, nameof(target));
        ReadElements(parameter, firstRow * length, target);
    }

    /// <summary>Sets all values of an F32 or BF16 parameter from host numbers, row-major.</summary>
    public static void Set(Parameter parameter, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, parameter.Shape.Count, nameof(values));
        SafetensorsFile.Put(values, parameter, (byte*)parameter.Value.Data);
    }

    /// <summary>Writes rows of the outermost dimension as F32, F16 or BF16, little-endian, rounding to nearest even.</summary>
    public static void Write(Stream stream, Parameter parameter, long firstRow, long rows, SafetensorsType type, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(parameter);
        long length = Check(parameter, firstRow, rows), first = firstRow * length, count = rows * length;
        float[] singles = ArrayPool<float>.Shared.Rent((int)Math.Min(Part, Math.Max(1, count)));
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(Part, Math.Max(1, count)) * sizeof(float));
        try
        {
            for (long done = 0; done < count; done += Part)
            {
                cancellation.ThrowIfCancellationRequested();
                int part = (int)Math.Min(Part, count - done);
                Span<byte> encoded = bytes.AsSpan(0, part * type.Bits() / 8);
                if (type == parameter.DType.ToSafetensors())
                {
                    parameter.Device.Kernels.Download(encoded, (byte*)parameter.Value.Data + (first + done) * parameter.DType.Size());
                }
                else
                {
                    ReadElements(parameter, first + done, singles.AsSpan(0, part));
                    Encode(singles.AsSpan(0, part), type, encoded);
                }
                stream.Write(encoded);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(singles);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Encodes fp32 numbers as F32, F16 or BF16, little-endian, rounding to nearest even.</summary>
    public static void Encode(ReadOnlySpan<float> source, SafetensorsType type, Span<byte> target)
    {
        switch (type)
        {
            case SafetensorsType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(target);
                break;
            case SafetensorsType.BF16:
                ElementConversion.ToBf16(source, MemoryMarshal.Cast<byte, ushort>(target));
                break;
            case SafetensorsType.F16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(target);
                for (int i = 0; i < source.Length; i++)
                    halves[i] = (Half)source[i];
                break;
            default:
                throw new NotSupportedException($"Parameters are written as F32, F16 or BF16, not as {type}.");
        }
    }

    private static void ReadElements(Parameter parameter, long first, Span<float> target)
    {
        var start = (byte*)parameter.Value.Data + first * parameter.DType.Size();
        if (parameter.DType == DType.F32)
        {
            parameter.Device.Kernels.Download(MemoryMarshal.AsBytes(target), start);
            return;
        }
        if (parameter.DType != DType.BF16)
            throw new NotSupportedException($"The parameter '{parameter.Name}' is {parameter.DType}; F32 and BF16 are read as numbers.");
        byte[] bytes = ArrayPool<byte>.Shared.Rent(target.Length * sizeof(ushort));
        try
        {
            Span<byte> brains = bytes.AsSpan(0, target.Length * sizeof(ushort));
            parameter.Device.Kernels.Download(brains, start);
            ElementConversion.ToSingles(SafetensorsType.BF16, brains, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static long Check(Parameter parameter, long firstRow, long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow, parameter.Shape[0] - rows);
        return parameter.Shape.Count / Math.Max(1, parameter.Shape[0]);
    }
}
