using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of the embedding: rows are added to the fp32 gradient of the table.</summary>
internal sealed class EmbeddingNode : Node
{
    private Tensor _weight, _ids, _y;

    public void Begin(Tensor weight, Tensor ids, Tensor y)
    {
        _weight = weight;
        _ids = Save(ids);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        if (!Gradients.Wanted(_weight))
            return;
        Tensor dy = Gradient(_y), dw = Gradients.BeginWeight(_weight);
        dw.Kernels.IndexAdd(Ops.SelectArgs(dw, 0, _ids, dy));
        Gradients.EndWeight(_weight, dw);
    }

    protected internal override void Recycle()
    {
        _weight = _ids = _y = default;
        NodePool<EmbeddingNode>.Return(this);
    }
}
