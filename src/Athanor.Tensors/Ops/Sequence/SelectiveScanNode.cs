using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of the selective scan; states between the kept ones are computed again.</summary>
internal sealed unsafe class SelectiveScanNode : Node
{
    // Places of the inputs: the first eight can have gradients.
    private const int U = 0, Delta = 1, B = 2, C = 3, A = 4, Skip = 5, DeltaBias = 6, Initial = 7, Count = 9;
    private readonly Tensor[] _inputs = new Tensor[Count];
    private Tensor _y, _finalState;
    private SelectiveScanArgs _args;

    public void Begin(in SelectiveScanArgs args, Tensor boundaries, Tensor y, Tensor finalState, ReadOnlySpan<Tensor> inputs)
    {
        _args = args;
        inputs.CopyTo(_inputs);
        foreach (Tensor input in inputs)
        {
            if (input.Exists)
                Save(input);
        }
        Own(boundaries);
        _y = Produces(y);
        _finalState = Produces(finalState);
    }

    protected internal override void Backward()
    {
        SelectiveScanArgs args = _args;
        if (!TryGradient(_y, out Tensor dy))
            dy = Tensor.Zeros(_y.Device, _y.Shape, _y.DType);
        args.YGradient = dy.Data;
        if (TryGradient(_finalState, out Tensor dFinal))
            args.FinalStateGradient = (float*)dFinal.Data;
        Tensor du = New(U), dDelta = New(Delta), db = New(B), dc = New(C), dInitial = New(Initial);
        Tensor da = Weight(A), dSkip = Weight(Skip), dBias = Weight(DeltaBias);
        args.UGradient = Data(du);
        args.DeltaGradient = Data(dDelta);
        args.BGradient = Data(db);
        args.CGradient = Data(dc);
        args.InitialStateGradient = (float*)Data(dInitial);
        args.AGradient = (float*)Data(da);
        args.SkipGradient = (float*)Data(dSkip);
        args.DeltaBiasGradient = (float*)Data(dBias);
        _y.Kernels.SelectiveScanBackward(args);
        Add(U, du);
        Add(Delta, dDelta);
        Add(B, db);
        Add(C, dc);
        Add(Initial, dInitial);
        AddWeight(A, da);
        AddWeight(Skip, dSkip);
        AddWeight(DeltaBias, dBias);
    }

    private Tensor New(int input) => Gradients.Wanted(_inputs[input]) ? Gradients.New(_inputs[input], contiguous: true) : default;

    private Tensor Weight(int input) => Gradients.Wanted(_inputs[input]) ? Gradients.BeginWeight(_inputs[input]) : default;

    private static void* Data(Tensor tensor) => tensor.Exists ? tensor.Data : null;

    private void Add(int input, Tensor gradient)
    {
        if (gradient.Exists)
            Gradients.Add(_inputs[input], gradient);
    }

    private void AddWeight(int input, Tensor gradient)
    {
        if (gradient.Exists)
            Gradients.EndWeight(_inputs[input], gradient);
    }

    protected internal override void Recycle()
    {
        Array.Clear(_inputs);
        _y = _finalState = default;
        NodePool<SelectiveScanNode>.Return(this);
    }
}
