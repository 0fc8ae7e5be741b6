using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>
/// Backward of a norm: one pass gives the gradient of h, which is that of x and of the residual, with the residual stream's own
/// gradient added. Of the forward only h and the row statistics are kept.
/// </summary>
internal sealed class NormNode : Node
{
    private bool _center;
    private Tensor _x, _residual, _h, _gamma, _beta, _mean, _rstd, _y, _normalised;

    public void Begin(bool center, Tensor x, Tensor residual, Tensor h, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor y)
    {
        _center = center;
        _x = x;
        _residual = residual;
        _h = h.Exists ? Produces(h) : default;
        _normalised = Save(h.Exists ? h : x);
        _gamma = gamma.Exists ? Save(gamma) : default;
        _beta = beta;
        _mean = mean.Exists ? Own(mean) : default;
        _rstd = Own(rstd);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        Tensor next = default;
        if (_h.Exists && TryGradient(_h, out Tensor dh))
            next = dh;
        Tensor dx;
        if (!TryGradient(_y, out Tensor dy))
        {
            // Only the residual stream goes on: the addition alone.
            dx = next;
        }
        else
        {
            bool wanted = Gradients.Wanted(_x) || Gradients.Wanted(_residual);
            dx = wanted ? GradientBuffers.Over(dy, _x) : StepScope.Require().Allocate(_x.Device, _x.Shape, _x.DType, "a gradient");
            Run(dy, next, dx);
        }
        if (Gradients.Wanted(_x))
            Gradients.Add(_x, dx);
        if (Gradients.Wanted(_residual))
            Gradients.Add(_residual, dx);
    }

    private unsafe void Run(Tensor dy, Tensor next, Tensor dx)
    {
        Tensor dGamma = Gradients.Wanted(_gamma) ? Gradients.BeginWeight(_gamma) : default;
        Tensor dBeta = Gradients.Wanted(_beta) ? Gradients.BeginWeight(_beta) : default;
        var arguments = new NormBackward
        {
            Type = _x.DType,
            Rows = _x.Shape.Rows,
            Cols = _x.Shape.Last,
            H = _normalised.Data,
            DY = dy.Data,
            DHNext = next.Exists ? next.Data : null,
            DH = dx.Data,
            Gamma = _gamma.Exists ? _gamma.Data : null,
            WeightType = _gamma.Exists ? _gamma.DType : DType.F32,
            Mean = _mean.Exists ? (float*)_mean.Data : null,
            Rstd = (float*)_rstd.Data,
            DGamma = dGamma.Exists ? (float*)dGamma.Data : null,
            DBeta = dBeta.Exists ? (float*)dBeta.Data : null,
        };
        if (_center)
            dy.Kernels.LayerNormBackward(arguments);
        else
            dy.Kernels.RmsNormBackward(arguments);
        if (dGamma.Exists)
            Gradients.EndWeight(_gamma, dGamma);
        if (dBeta.Exists)
            Gradients.EndWeight(_beta, dBeta);
    }

    protected internal override void Recycle()
    {
        _x = _residual = _h = _gamma = _beta = _mean = _rstd = _y = _normalised = default;
        NodePool<NormNode>.Return(this);
    }
}
