using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of a gated unit: recomputes the activation from the inputs; nothing but the inputs is kept.</summary>
internal sealed class GatedNode : Node
{
    private GateFunction _function;
    private Tensor _gate, _up, _y;

    /// <param name="up">A default handle when <paramref name="gate"/> holds both halves.</param>
    public void Begin(GateFunction function, Tensor gate, Tensor up, Tensor y)
    {
        _function = function;
        _gate = Save(gate);
        _up = up.Exists ? Save(up) : default;
        _y = Produces(y);
    }

    public static unsafe GatedArguments Arguments(Tensor gate, Tensor up)
    {
        int features = up.Exists ? up.Shape.Last : gate.Shape.Last / 2;
        gate.HasEvenRows(out long gateStride);
        long upStride = gateStride;
        if (up.Exists)
            up.HasEvenRows(out upStride);
        return new GatedArguments
        {
            Type = gate.DType,
            Rows = gate.Shape.Rows,
            Cols = features,
            Gate = gate.Data,
            Up = up.Exists ? up.Data : Cells.At(gate.Data, features, gate.DType.Size()),
            GateStride = gateStride,
            UpStride = upStride,
        };
    }

    protected internal override unsafe void Backward()
    {
        Tensor dy = Gradient(_y);
        GatedArguments a = Arguments(_gate, _up);
        // Both halves come out of one pass; a half that nobody wants goes to a temporary.
        Tensor dGate = Room(_gate), dUp = _up.Exists ? Room(_up) : default;
        dGate.HasEvenRows(out a.DGateStride);
        a.DUpStride = a.DGateStride;
        if (dUp.Exists)
            dUp.HasEvenRows(out a.DUpStride);
        a.DY = dy.Data;
        a.DGate = dGate.Data;
        a.DUp = dUp.Exists ? dUp.Data : Cells.At(dGate.Data, a.Cols, a.Type.Size());
        dy.Kernels.GatedBackward(_function, a);
        if (Gradients.Wanted(_gate))
            Gradients.Add(_gate, dGate);
        if (Gradients.Wanted(_up))
            Gradients.Add(_up, dUp);
    }

    private static Tensor Room(Tensor x)
    {
        Tensor place = Gradients.New(x);
        return place.HasEvenRows(out _) ? place : Gradients.New(x, contiguous: true);
    }

    protected internal override void Recycle()
    {
        _gate = _up = _y = default;
        NodePool<GatedNode>.Return(this);
    }
}
