using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of a reduction; statistics are computed again from the input where they are needed.</summary>
internal sealed class ReductionNode : Node
{
    private ReductionFunction _function;
    private ReductionArguments _arguments;
    private Tensor _x, _y, _index;

    public void Begin(ReductionFunction function, Tensor x, Tensor y, Tensor index, in ReductionArguments arguments)
    {
        _function = function;
        _arguments = arguments;
        bool values = function is ReductionFunction.SumOfSquares or ReductionFunction.Variance or ReductionFunction.LogSumExp;
        _x = values ? Save(x) : x;
        _y = Produces(y);
        _index = index.Exists ? Own(index) : default;
    }

    protected internal override unsafe void Backward()
    {
        bool values = _function is ReductionFunction.SumOfSquares or ReductionFunction.Variance or ReductionFunction.LogSumExp;
        Tensor dy = Gradient(_y), dx = Gradients.New(_x, contiguous: true);
        ReductionArguments arguments = _arguments;
        arguments.X = values ? _x.Data : null;
        arguments.Y = null;
        arguments.DY = dy.Data;
        arguments.DX = dx.Data;
        arguments.Index = _index.Exists ? (int*)_index.Data : null;
        dy.Kernels.ReduceBackward(_function, arguments);
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _y = _index = default;
        _arguments = default;
        NodePool<ReductionNode>.Return(this);
    }
}
