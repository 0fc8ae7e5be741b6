using Athanor.Models;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Training.Checkpoints;

/// <summary>Weights from one model into another of the same settings.</summary>
internal static class ModelWeights
{
    /// <summary>Into a model that is only read.</summary>
    public static void Assign(Decoder from, Decoder to)
    {
        using StepScope scope = StepScope.Begin(from.Device, record: false);
        for (int i = 0; i < from.Parameters.Count; i++)
            to.Parameters[i].Value.Assign(0, 0, from.Parameters[i].Value.Value);
    }

    /// <summary>Into a model that is trained: its groups need RefreshMaster afterwards.</summary>
    public static void Copy(Decoder from, Decoder to)
    {
        for (int i = 0; i < from.Parameters.Count; i++)
        {
            Parameter source = from.Parameters[i].Value;
            var values = new float[source.Shape.Count];
            ParameterRows.Read(source, 0, source.Shape[0], values);
            ParameterRows.Set(to.Parameters[i].Value, values);
        }
    }
}
