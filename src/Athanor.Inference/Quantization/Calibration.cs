using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Quantization;

/// <summary>Runs calibration texts through a model block by block, with the blocks before as they are by then, and shows what goes into each projection.</summary>
internal sealed class Calibration
{
    private readonly Decoder _model;
    private readonly List<(int[] Ids, float[] Hidden)> _rows = [];

    /// <summary>Reads the first block's inputs.</summary>
    /// <param name="rows">Token ids, each row within the model's context.</param>
    public Calibration(Decoder model, IReadOnlyList<int[]> rows)
    {
        _model = model;
        foreach (int[] ids in rows)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            _rows.Add((ids, model.Embed(Input(ids)).ToArray()));
        }
    }

    /// <summary>Second moments Σ x·xᵀ of what goes into a projection of a block.</summary>
    public double[] Moments(int layer, string projection, int columns, CancellationToken cancellation)
    {
        var sum = new double[columns * columns];
        Visit(layer, projection, x =>
        {
            Tensor wide = Wide(x, columns);
            float[] product = Ops.MatMul(wide, wide, transposeA: true).ToArray();
            for (int i = 0; i < sum.Length; i++)
                sum[i] += product[i];
        }, cancellation);
        return sum;
    }

    /// <summary>What goes into a projection of a block [rows, columns], at most so many rows, taken evenly.</summary>
    public float[] Inputs(int layer, string projection, int columns, int most, CancellationToken cancellation)
    {
        var inputs = new List<float>();
        int total = _rows.Sum(row => row.Ids.Length), step = Math.Max(1, (total + most - 1) / most), at = 0;
        Visit(layer, projection, x =>
        {
            float[] values = Wide(x, columns).ToArray();
            for (int row = 0; row < values.Length / columns; row++)
            {
                if (at++ % step == 0)
                    inputs.AddRange(values.AsSpan(row * columns, columns));
            }
        }, cancellation);
        return [.. inputs];
    }

    /// <summary>Goes on to the next block's inputs.</summary>
    public void Advance(int layer, CancellationToken cancellation) => Visit(layer, null, null, cancellation);

    private void Visit(int layer, string? projection, Action<Tensor>? seen, CancellationToken cancellation)
    {
        _model.Probe.Seen = projection is null ? null : (name, x) =>
        {
            if (name == projection)
                seen!(x);
        };
        try
        {
            for (int i = 0; i < _rows.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                using StepScope scope = StepScope.Begin(_model.Device, record: false);
                (int[] ids, float[] hidden) = _rows[i];
                Tensor x = Tensor.From(_model.Device, new Shape(1, ids.Length, _model.Config.Width), hidden, _model.DType);
                Tensor next = _model.ApplyBlock(layer, x, Input(ids));
                if (projection is null)
                    _rows[i] = (ids, next.ToArray());
            }
        }
        finally
        {
            _model.Probe.Seen = null;
        }
    }

    private DecoderInput Input(int[] ids) => new(Tensor.From(_model.Device, new Shape(1, ids.Length), ids));

    private Tensor Wide(Tensor x, int columns) => Tensor.From(_model.Device, new Shape((int)(x.Count / columns), columns), x.ToArray());
}
