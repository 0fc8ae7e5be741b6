using System.Runtime.InteropServices;

namespace Athanor.Tensors.Safetensors;

public sealed unsafe partial class SafetensorsFile
{
    // Small enough to stay in a core's cache between the two steps of a conversion.
    private const int Part = 1 << 16;

    /// <summary>Sets a parameter's values from a tensor of the same shape: copied when the types agree, else converted through fp32, rounding to nearest even.</summary>
    /// <param name="name">The tensor's name; the parameter's when null.</param>
    /// <remarks>A parameter that is already in an optimizer's group needs the group's RefreshMaster afterwards.</remarks>
    /// <exception cref="SafetensorsException">The tensor is missing, has another shape or a type that does not convert.</exception>
    public void Load(Parameter parameter, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        SafetensorsEntry entry = this[name ?? parameter.Name];
        if (!SameShape(entry, parameter.Shape))
            throw new SafetensorsException(Path, entry.Name, $"its shape is [{string.Join(", ", entry.Shape)}], the parameter '{parameter.Name}' has {parameter.Shape}.", "Build the model with the sizes of the checkpoint.");
        var target = (byte*)parameter.Value.Data;
        if (entry.Type == parameter.DType.ToSafetensors())
        {
            CopyTo(entry, parameter.Device, target);
            return;
        }
        if (!parameter.DType.IsFloating())
            throw new SafetensorsException(Path, entry.Name, $"{entry.Type} is not converted to {parameter.DType}.", "Save it in the parameter's type.");
        var singles = new float[(int)Math.Min(Part, entry.Count)];
        var brains = new ushort[parameter.DType == DType.BF16 ? singles.Length : 0];
        for (long done = 0; done < entry.Count; done += Part)
        {
            Span<float> part = singles.AsSpan(0, (int)Math.Min(Part, entry.Count - done));
            ReadSingles(entry, done, part);
            if (parameter.DType == DType.BF16)
                ElementConversion.ToBf16(part, brains);
            ReadOnlySpan<byte> bytes = parameter.DType == DType.BF16 ? MemoryMarshal.AsBytes(brains.AsSpan(0, part.Length)) : MemoryMarshal.AsBytes(part);
            parameter.Device.Kernels.Upload(target + done * parameter.DType.Size(), bytes);
        }
    }

    /// <summary>Copies a tensor's bytes to a device.</summary>
    internal void CopyTo(SafetensorsEntry entry, Device device, void* target)
    {
        for (long done = 0; done < entry.Length; done += 1 << 30)
            device.Kernels.Upload((byte*)target + done, Bytes(entry, done, (int)Math.Min(1 << 30, entry.Length - done)));
    }

    /// <summary>Throws unless the tensor has this type and shape.</summary>
    internal void Check(SafetensorsEntry entry, SafetensorsType type, ReadOnlySpan<long> shape)
    {
        if (entry.Type != type || !entry.Shape.AsSpan().SequenceEqual(shape))
            throw new SafetensorsException(Path, entry.Name, $"it is {entry.Type}[{string.Join(", ", entry.Shape)}], not {type}[{string.Join(", ", shape.ToArray())}].", "Resume with the model and optimizer that wrote the file.");
    }

    private static bool SameShape(SafetensorsEntry entry, in Shape shape)
    {
        if (entry.Shape.Length != shape.Rank)
            return false;
        for (int i = 0; i < shape.Rank; i++)
        {
            if (entry.Shape[i] != shape[i])
                return false;
        }
        return true;
    }
}
