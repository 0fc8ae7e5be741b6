namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>A tensor of <paramref name="shape"/> whose every element is <paramref name="value"/>.</summary>
    public static unsafe Tensor Full(Device device, in Shape shape, double value, DType type = DType.F32)
    {
        Tensor tensor = StepScope.Require().Allocate(device, shape, type, nameof(Full));
        device.Kernels.Fill(type, tensor.Data, tensor.Count, value);
        return tensor;
    }
}
