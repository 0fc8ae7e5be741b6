using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of a rotation: the rotation by the negative angles, in place where the gradient is free.</summary>
internal sealed class RotateNode : Node
{
    private Tensor _x, _y, _positions;
    private Shape _shape;
    private DType _type;
    private RotaryTable? _table;
    private int _heads, _headSize, _offset;
    private bool _interleaved;

    public void Begin(Tensor x, Tensor y, RotaryTable table, int heads, int headSize, bool interleaved, Tensor positions, int offset)
    {
        _x = x;
        _y = Produces(y);
        _shape = x.Shape;
        _type = x.DType;
        _table = table;
        _heads = heads;
        _headSize = headSize;
        _interleaved = interleaved;
        _positions = positions.Exists ? Save(positions) : default;
        _offset = offset;
    }

    public static unsafe RopeArguments Arguments(in Shape shape, DType type, RotaryTable table, int heads, int headSize, bool interleaved, Tensor positions, int offset) => new()
    {
        Type = type,
        Rows = shape.Rows,
        XStride = shape.Last,
        YStride = shape.Last,
        Width = shape.Last,
        Heads = heads,
        HeadSize = headSize,
        Rotary = table.Rotary,
        Interleaved = interleaved,
        Cos = (float*)table.Cos.Data,
        Sin = (float*)table.Sin.Data,
        Positions = positions.Exists ? (int*)positions.Data : null,
        Offset = offset,
        Period = Math.Max(1, shape[-2]),
    };

    protected internal override unsafe void Backward()
    {
        Tensor dy = Gradient(_y), dx = GradientBuffers.Over(dy, _x);
        RopeArguments arguments = Arguments(_shape, _type, _table!, _heads, _headSize, _interleaved, _positions, _offset);
        arguments.X = dy.Data;
        arguments.Y = dx.Data;
        arguments.Backward = true;
        dy.Kernels.Rotate(arguments);
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _y = _positions = default;
        _table = null;
        NodePool<RotateNode>.Return(this);
    }
}
