using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>
    /// Causal depthwise convolution: x [B, T, D] and weight [D, K] (K = 1 … 8) give a[b, t, d] = bias[d] + Σ_k weight[d, k]·x[b, t − (K − 1) + k, d],
    /// of the type of x.
    /// </summary>
    /// <param name="bias">[D], or none.</param>
    /// <param name="silu">Applies a·sigmoid(a).</param>
    /// <param name="segments">[B, T] I32, or none: taps do not reach into another segment.</param>
    /// <param name="initialState">[B, K − 1, D] of the type of x, or none: the inputs before step 0, oldest first.</param>
    /// <exception cref="ArgumentException">The shapes or types do not fit.</exception>
    public static Tensor CausalConv(Tensor x, Tensor weight, Tensor bias = default, bool silu = false, Tensor segments = default, Tensor initialState = default)
    {
        CausalConvArgs args = ConvArgs(ref x, ref weight, ref bias, ref segments, ref initialState, silu, out Tensor weightF32, out Tensor biasF32);
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, nameof(CausalConv));
        args.Y = y.Data;
        x.Kernels.CausalConvForward(args);
        bool wanted = x.RequiresGrad || weight.RequiresGrad || (bias.Exists && bias.RequiresGrad) || (initialState.Exists && initialState.RequiresGrad);
        if (StepScope.Record<CausalConvNode>(wanted) is { } node)
            node.Begin(x, weight, bias, segments, initialState, weightF32, biasF32, y, args);
        return y;
    }

    /// <summary>The causal convolution of the next steps of a sequence, for decoding: <paramref name="state"/> [B, K − 1, D] is read and moved on. No gradients.</summary>
    public static Tensor CausalConvStep(Tensor x, Tensor weight, Tensor bias, bool silu, Tensor state)
    {
        if (!state.IsContiguous)
            throw new ArgumentException($"CausalConvStep updates its state in place; {state} must be contiguous.");
        Tensor none = default, initial = state;
        CausalConvArgs args = ConvArgs(ref x, ref weight, ref bias, ref none, ref initial, silu, out _, out _);
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, nameof(CausalConvStep));
        args.Y = y.Data;
        args.FinalState = state.Data;
        x.Kernels.CausalConvForward(args);
        return y;
    }

    /// <summary>
    /// Selective scan (Mamba, arXiv:2312.00752): h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·B_t·u_t, y_t = C_t·h_t + skip·u_t with Δ = softplus(delta + deltaBias).
    /// u and delta are [B, T, D], b and c [B, T, N], all of one type; a [D, N], skip and deltaBias [D] are F32. The result has the shape and type of u.
    /// </summary>
    /// <param name="softplus">False takes Δ = delta + deltaBias as it is.</param>
    /// <param name="segments">[B, T] I32, or none: the state is cleared where the number changes.</param>
    /// <param name="initialState">[B, N, D] F32, or none: the state before step 0.</param>
    /// <param name="finalState">[B, N, D] F32: the state after the last step; gradients flow through it.</param>
    /// <exception cref="ArgumentException">The shapes or types do not fit.</exception>
    public static Tensor SelectiveScan(Tensor u, Tensor delta, Tensor a, Tensor b, Tensor c, Tensor skip, Tensor deltaBias, bool softplus, Tensor segments, Tensor initialState, out Tensor finalState)
    {
        const string Op = nameof(SelectiveScan);
        RequireRows(u, nameof(u), Op);
        if (u.Shape.Rank != 3 || a.Shape.Rank != 2)
            throw new ArgumentException($"{Op}: u is {u} and a is {a}; they must be [batch, time, channels] and [channels, states].");
        int batch = u.Shape[0], time = u.Shape[1], channels = u.Shape[2], states = a.Shape[1];
        RequireShape(a, DType.F32, new Shape(channels, states), nameof(a), u, nameof(u), Op);
        RequireShape(delta, u.DType, u.Shape, nameof(delta), u, nameof(u), Op);
        RequireShape(b, u.DType, new Shape(batch, time, states), nameof(b), u, nameof(u), Op);
        RequireShape(c, u.DType, new Shape(batch, time, states), nameof(c), u, nameof(u), Op);
        if (skip.Exists)
            RequireShape(skip, DType.F32, new Shape(channels), nameof(skip), u, nameof(u), Op);
        if (deltaBias.Exists)
            RequireShape(deltaBias, DType.F32, new Shape(channels), nameof(deltaBias), u, nameof(u), Op);
        if (segments.Exists)
            RequireShape(segments, DType.I32, new Shape(batch, time), nameof(segments), u, nameof(u), Op);
        var stateShape = new Shape(batch, states, channels);
        if (initialState.Exists)
            RequireShape(initialState, DType.F32, stateShape, nameof(initialState), u, nameof(u), Op);
        (u, delta, a, b, c) = (u.Contiguous(), delta.Contiguous(), a.Contiguous(), b.Contiguous(), c.Contiguous());
        (skip, deltaBias, segments, initialState) = (Dense(skip), Dense(deltaBias), Dense(segments), Dense(initialState));
        StepScope scope = StepScope.Require();
        Tensor y = scope.Allocate(u.Device, u.Shape, u.DType, Op);
        finalState = scope.Allocate(u.Device, stateShape, DType.F32, Op);
        var args = new SelectiveScanArgs
        {
            Batch = batch,
            Time = time,
            Channels = channels,
            States = states,
            U = u.Data,
            Delta = delta.Data,
            B = b.Data,
            C = c.Data,
            Y = y.Data,
            Type = u.DType,
            A = (float*)a.Data,
            Skip = (float*)DataOf(skip),
            DeltaBias = (float*)DataOf(deltaBias),
            Softplus = softplus,
            Segments = (int*)DataOf(segments),
            InitialState = (float*)DataOf(initialState),
            FinalState = (float*)finalState.Data,
        };
        bool wanted = u.RequiresGrad || delta.RequiresGrad || a.RequiresGrad || b.RequiresGrad || c.RequiresGrad ||
            (skip.Exists && skip.RequiresGrad) || (deltaBias.Exists && deltaBias.RequiresGrad) || (initialState.Exists && initialState.RequiresGrad);
        SelectiveScanNode? node = StepScope.Record<SelectiveScanNode>(wanted);
        Tensor boundaries = default;
        if (node is not null)
        {
            boundaries = scope.Allocate(u.Device, new Shape(batch, args.Chunks, states, channels), DType.F32, Op);
            args.Boundaries = (float*)boundaries.Data;
        }
        u.Kernels.SelectiveScanForward(args);
        node?.Begin(args, boundaries, y, finalState, [u, delta, b, c, a, skip, deltaBias, initialState, segments]);
        return y;
    }

    private static CausalConvArgs ConvArgs(ref Tensor x, ref Tensor weight, ref Tensor bias, ref Tensor segments, ref Tensor initialState, bool silu, out Tensor weightF32, out Tensor biasF32)
    {
        const string Op = nameof(CausalConv);
        RequireRows(x, nameof(x), Op);
        if (x.Shape.Rank != 3 || weight.Shape.Rank != 2 || weight.Shape[0] != x.Shape[2] || weight.Shape[1] is < 1 or > CausalConvKernel.MaxWidth || !weight.DType.IsFloating())
            throw new ArgumentException($"{Op}: x is {x} and weight is {weight}; they must be [batch, time, channels] and [channels, 1 … {CausalConvKernel.MaxWidth} taps].");
        int batch = x.Shape[0], time = x.Shape[1], channels = x.Shape[2], width = weight.Shape[1];
        if (bias.Exists)
            RequireShape(bias, bias.DType == DType.BF16 ? DType.BF16 : DType.F32, new Shape(channels), nameof(bias), x, nameof(x), Op);
        if (segments.Exists)
            RequireShape(segments, DType.I32, new Shape(batch, time), nameof(segments), x, nameof(x), Op);
        if (initialState.Exists)
            RequireShape(initialState, x.DType, new Shape(batch, width - 1, channels), nameof(initialState), x, nameof(x), Op);
        x = x.Contiguous();
        (segments, initialState) = (Dense(segments), Dense(initialState));
        weightF32 = InF32(weight);
        biasF32 = bias.Exists ? InF32(bias) : default;
        return new CausalConvArgs
        {
            Batch = batch,
            Time = time,
            Channels = channels,
            Width = width,
            X = x.Data,
            Type = x.DType,
            Weight = (float*)weightF32.Data,
            Bias = (float*)DataOf(biasF32),
            Silu = silu,
            Segments = (int*)DataOf(segments),
            InitialState = DataOf(initialState),
        };
    }

    private static Tensor Dense(Tensor tensor) => tensor.Exists ? tensor.Contiguous() : default;

    private static void* DataOf(Tensor tensor) => tensor.Exists ? tensor.Data : null;

    /// <summary>The values as dense fp32, outside autograd: the node hands gradients to the tensor itself.</summary>
    private static Tensor InF32(Tensor tensor)
    {
        if (tensor.DType == DType.F32 && tensor.IsContiguous)
            return tensor;
        Tensor copy = StepScope.Require().Allocate(tensor.Device, tensor.Shape, DType.F32, "small weights");
        copy.Kernels.Copy(copy.View, tensor.View);
        return copy;
    }
}
