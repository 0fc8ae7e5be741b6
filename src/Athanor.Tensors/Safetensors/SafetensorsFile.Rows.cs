using System.Runtime.InteropServices;

namespace Athanor.Tensors.Safetensors;

public sealed unsafe partial class SafetensorsFile
{
    private const int ColumnBlock = 64;

    /// <summary>
    /// Sets rows of a parameter from rows of a tensor whose rows are as long: copied when the types agree, else converted through fp32. Fused matrices are
    /// filled from the parts that files hold, without a copy between.
    /// </summary>
    /// <param name="sourceRow">First index of the tensor's outermost dimension; elements of a vector are its rows.</param>
    /// <param name="targetRow">First index of the parameter's outermost dimension.</param>
    /// <exception cref="SafetensorsException">The rows differ in length, or the type does not convert.</exception>
    public void LoadRows(SafetensorsEntry entry, long sourceRow, Parameter target, long targetRow, long rows)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(target);
        long length = entry.Shape is [long first, ..] && first > 0 ? entry.Count / first : 1;
        CheckRows(entry, entry.Shape.Length == 0 ? 1 : entry.Shape[0], sourceRow, target, targetRow, rows, length);
        long from = sourceRow * length, to = targetRow * length, count = rows * length;
        int size = target.DType.Size();
        byte* start = (byte*)target.Value.Data + to * size;
        if (entry.Type == target.DType.ToSafetensors())
        {
            for (long done = 0; done < count * size; done += 1 << 30)
                target.Device.Kernels.Upload(start + done, Bytes(entry, from * size + done, (int)Math.Min(1 << 30, count * size - done)));
            return;
        }
        var singles = new float[(int)Math.Min(Part, count)];
        for (long done = 0; done < count; done += Part)
        {
            Span<float> part = singles.AsSpan(0, (int)Math.Min(Part, count - done));
            ReadSingles(entry, from + done, part);
            Put(part, target, start + done * size);
        }
    }

    /// <summary>As <see cref="LoadRows"/> from the columns of a matrix that the file holds transposed, [in, out] instead of [out, in].</summary>
    /// <param name="sourceColumn">First column, which becomes the row <paramref name="targetRow"/>.</param>
    /// <exception cref="SafetensorsException">The columns differ in length from the parameter's rows, or the type does not convert.</exception>
    public void LoadColumns(SafetensorsEntry entry, long sourceColumn, Parameter target, long targetRow, long columns)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(target);
        if (entry.Shape.Length != 2)
            throw new SafetensorsException(Path, entry.Name, $"its shape is [{string.Join(", ", entry.Shape)}]; only a matrix can be transposed.", "Check the name.");
        long length = entry.Shape[0], width = entry.Shape[1];
        CheckRows(entry, width, sourceColumn, target, targetRow, columns, length);
        var segment = new float[ColumnBlock];
        var block = new float[ColumnBlock * length];
        for (long done = 0; done < columns; done += ColumnBlock)
        {
            int count = (int)Math.Min(ColumnBlock, columns - done);
            for (int row = 0; row < length; row++)
            {
                ReadSingles(entry, row * width + sourceColumn + done, segment.AsSpan(0, count));
                for (int i = 0; i < count; i++)
                    block[i * length + row] = segment[i];
            }
            Put(block.AsSpan(0, checked((int)(count * length))), target, (byte*)target.Value.Data + (targetRow + done) * length * target.DType.Size());
        }
    }

    private void CheckRows(SafetensorsEntry entry, long sourceRows, long sourceRow, Parameter target, long targetRow, long rows, long length)
    {
        if (!target.DType.IsFloating())
            throw new SafetensorsException(Path, entry.Name, $"{entry.Type} is not converted to {target.DType}.", "Load whole tensors in their own type.");
        if (target.Shape.Rank == 0 || target.Shape.Count / Math.Max(1, target.Shape[0]) != length)
            throw new SafetensorsException(Path, entry.Name, $"its rows have {length} elements, those of '{target.Name}' {target.Shape} do not.", "Build the model with the sizes of the checkpoint.");
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(sourceRow);
        ArgumentOutOfRangeException.ThrowIfNegative(targetRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sourceRow, sourceRows - rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(targetRow, target.Shape[0] - rows);
    }

    internal static void Put(ReadOnlySpan<float> values, Parameter target, byte* address)
    {
        if (target.DType == DType.F32)
        {
            target.Device.Kernels.Upload(address, MemoryMarshal.AsBytes(values));
            return;
        }
        var brains = new ushort[values.Length];
        ElementConversion.ToBf16(values, brains);
        target.Device.Kernels.Upload(address, MemoryMarshal.AsBytes(brains.AsSpan()));
    }
}
