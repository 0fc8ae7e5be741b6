using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>y = f(x) over n contiguous elements; a and b are constants of the function.</summary>
    void Unary(UnaryFunction function, DType type, void* x, void* y, long n, float a, float b);

    /// <summary>dx = dy·f′; saved is x or y as <see cref="UnaryKernel.SlopeFromResult"/> says.</summary>
    void UnaryBackward(UnaryFunction function, DType type, void* saved, void* dy, void* dx, long n, float a, float b);

    /// <summary>y = f(a, b) under broadcasting; y is contiguous.</summary>
    void Binary(BinaryFunction function, DType type, void* a, void* b, void* y, in Broadcast plan);

    /// <summary>dy·∂f/∂a or dy·∂f/∂b in the shape of the result.</summary>
    void BinaryBackward(BinaryFunction function, bool second, DType type, void* a, void* b, void* dy, void* gradient, in Broadcast plan);

    /// <summary>A U8 mask: 1 where the comparison holds.</summary>
    void Compare(Comparison comparison, DType type, void* a, void* b, byte* mask, in Broadcast plan);

    /// <summary>y = mask ≠ 0 ? a : b under broadcasting (operands of the plan: mask, a, b).</summary>
    void Select(DType type, byte* mask, void* a, void* b, void* y, in Broadcast plan);

    /// <summary>Sets n elements.</summary>
    void Fill(DType type, void* target, long n, double value);
}
