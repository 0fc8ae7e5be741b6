using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.Unary(UnaryFunction function, DType type, void* x, void* y, long n, float a, float b) =>
        UnaryKernel.Forward(this, function, type, x, y, n, a, b);

    void IKernels.UnaryBackward(UnaryFunction function, DType type, void* saved, void* dy, void* dx, long n, float a, float b) =>
        UnaryKernel.Backward(this, function, type, saved, dy, dx, n, a, b);

    void IKernels.Binary(BinaryFunction function, DType type, void* a, void* b, void* y, in Broadcast plan) =>
        BinaryKernel.Forward(this, function, type, a, b, y, plan);

    void IKernels.BinaryBackward(BinaryFunction function, bool second, DType type, void* a, void* b, void* dy, void* gradient, in Broadcast plan)
    {
        if (second)
            BinaryKernel.BackwardB(this, function, type, a, b, dy, gradient, plan);
        else
            BinaryKernel.BackwardA(this, function, type, a, b, dy, gradient, plan);
    }

    void IKernels.Compare(Comparison comparison, DType type, void* a, void* b, byte* mask, in Broadcast plan) =>
        ChoiceKernel.Compare(this, comparison, type, a, b, mask, plan);

    void IKernels.Select(DType type, byte* mask, void* a, void* b, void* y, in Broadcast plan) =>
        ChoiceKernel.Select(this, type, mask, a, b, y, plan);

    void IKernels.Fill(DType type, void* target, long n, double value) => CopyKernel.Fill(this, type, target, n, value);
}
