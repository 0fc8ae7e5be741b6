using Athanor.Tensors.Blocks;

namespace Athanor.Tensors.Kernels;

/// <summary>Products with packed weights, see <see cref="PackedLinearArgs"/>.</summary>
internal static unsafe partial class PackedLinearKernel
{
    public static void Run(CpuDevice device, PackedMatrix weight, in PackedLinearArgs args)
    {
        _ = device;
        Reference(weight, args);
    }

    /// <summary>Decodes rows of a table: the embedding.</summary>
    public static void Rows(PackedMatrix table, int* rows, int count, void* target, DType type)
    {
        var values = new float[table.Columns];
        for (int i = 0; i < count; i++)
        {
            table.DecodeRow(rows[i], values);
            for (int k = 0; k < values.Length; k++)
                StoredScalar.Set(target, (long)i * values.Length + k, type, values[k]);
        }
    }
}
