using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Attention: keeps q, k, v, o and the log-sum-exp of every row.</summary>
internal sealed unsafe class AttentionNode : Node
{
    private Tensor _q, _k, _v, _o, _lse;
    private AttentionOptions _options;

    public static Tensor Apply(Tensor q, Tensor k, Tensor v, in AttentionOptions options)
    {
        AttentionChecks.Check(q, k, v, options);
        q = WithContiguousRows(q);
        k = WithContiguousRows(k);
        v = WithContiguousRows(v);
        StepScope scope = StepScope.Require();
        Tensor o = scope.Allocate(q.Device, q.Shape, q.DType, nameof(Ops.Attention));
        AttentionNode? node = StepScope.Record<AttentionNode>(q.RequiresGrad || k.RequiresGrad || v.RequiresGrad);
        AttentionArgs args = Arguments(q, k, v, o, options);
        if (node is not null)
        {
            node._lse = node.Own(scope.Allocate(q.Device, new Shape(q.Shape[0], q.Shape[2], q.Shape[1]), DType.F32, nameof(Ops.Attention)));
            args.Lse = (float*)node._lse.Data;
        }
        q.Kernels.AttentionForward(args);
        node?.Begin(q, k, v, o, options);
        return o;
    }

    private void Begin(Tensor q, Tensor k, Tensor v, Tensor o, in AttentionOptions options)
    {
        _q = Save(q);
        _k = Save(k);
        _v = Save(v);
        _o = Produces(Save(o));
        _options = options;
        SaveOption(options.Prefix);
        SaveOption(options.Slopes);
        SaveOption(options.Segments);
        SaveOption(options.KeySegments);
    }

    private void SaveOption(Tensor tensor)
    {
        if (tensor.Exists)
            Save(tensor);
    }

    internal static Tensor WithContiguousRows(Tensor x) => x.Strides[3] == 1 || x.Shape[3] == 1 ? x : x.Contiguous();

    internal static AttentionOperand Operand(Tensor x)
    {
        Strides s = x.Strides;
        return new(x.Data, s[0], s[1], s[2]);
    }

    internal static AttentionArgs Arguments(Tensor q, Tensor k, Tensor v, Tensor o, in AttentionOptions options) => new()
    {
        Type = q.DType,
        Batch = q.Shape[0],
        QueryLength = q.Shape[1],
        KeyLength = k.Shape[1],
        QueryHeads = q.Shape[2],
        KeyHeads = k.Shape[2],
        HeadDim = q.Shape[3],
        Q = Operand(q),
        K = Operand(k),
        V = Operand(v),
        O = Operand(o),
        Scale = options.Scale ?? 1 / MathF.Sqrt(q.Shape[3]),
        SoftCap = options.SoftCap,
        Causal = options.Causal,
        Window = options.Window,
        Invariant = options.Invariant,
        Offset = options.Offset,
        Prefix = options.Prefix.Exists ? (int*)options.Prefix.Data : null,
        PrefixByQuery = options.Prefix.Exists && options.Prefix.Shape.Rank == 2,
        Slopes = options.Slopes.Exists ? (float*)options.Slopes.Data : null,
        QuerySegments = options.Segments.Exists ? (int*)options.Segments.Data : null,
        KeySegments = options.KeySegments.Exists ? (int*)options.KeySegments.Data : options.Segments.Exists ? (int*)options.Segments.Data : null,
    };

    protected internal override void Backward()
    {
        TryStridedGradient(_o, out Tensor dO);
        dO = WithContiguousRows(dO);
        AttentionArgs args = Arguments(_q, _k, _v, _o, _options);
        args.Lse = (float*)_lse.Data;
        args.OGrad = Operand(dO);
        // The same tensor may come in twice; its first gradient must not be overwritten by the second.
        Tensor dQ = Place(_q, false), dK = Place(_k, _k == _q), dV = Place(_v, _v == _k || _v == _q);
        args.QGrad = Operand(dQ);
        args.KGrad = Operand(dK);
        args.VGrad = Operand(dV);
        dQ.Kernels.AttentionBackward(args);
        if (Gradients.Wanted(_q))
            Gradients.Add(_q, dQ);
        if (Gradients.Wanted(_k))
            Gradients.Add(_k, dK);
        if (Gradients.Wanted(_v))
            Gradients.Add(_v, dV);
    }

    private static Tensor Place(Tensor x, bool contiguous)
    {
        Tensor place = Gradients.New(x, contiguous || !Gradients.Wanted(x));
        return place.Strides[3] == 1 ? place : Gradients.New(x, contiguous: true);
    }

    protected internal override void Recycle()
    {
        _q = _k = _v = _o = _lse = default;
        _options = default;
        NodePool<AttentionNode>.Return(this);
    }
}
