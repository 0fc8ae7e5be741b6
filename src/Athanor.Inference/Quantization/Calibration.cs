using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Quantization;

/// <summary>Runs calibration texts through a model block by block, with the blocks before as they are by then, and shows what goes into each projection.</summary>
internal sealed class Calibration
{
    /// <summary>Inputs whose products are summed in fp32; sums of these are in fp64.</summary>
    private const int Samples = 1024;

    private readonly Decoder _model;
    private readonly List<Row> _rows = [];

    /// <summary>Texts side by side, as many as the context holds: tokens see their own text and count from its start.</summary>
    private sealed record Row(int[] Ids, int[] Positions, int[] Segments)
    {
        public float[] Hidden { get; set; } = [];
    }

    /// <summary>Reads the first block's inputs.</summary>
    /// <param name="texts">Token ids, each text within the model's context.</param>
    public Calibration(Decoder model, IReadOnlyList<int[]> texts)
    {
        _model = model;
        List<int> ids = [], positions = [], segments = [];
        foreach (int[] text in texts)
        {
            if (ids.Count > 0 && ids.Count + text.Length > model.Config.ContextLength)
                Close();
            segments.AddRange(Enumerable.Repeat(segments.Count == 0 ? 0 : segments[^1] + 1, text.Length));
            positions.AddRange(Enumerable.Range(0, text.Length));
            ids.AddRange(text);
        }
        Close();
        foreach (Row row in _rows)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            row.Hidden = model.Embed(Input(row)).ToArray();
        }
        void Close()
        {
            if (ids.Count > 0)
                _rows.Add(new Row([.. ids], [.. positions], [.. segments]));
            ids.Clear();
            positions.Clear();
            segments.Clear();
        }
    }

    /// <summary>Second moments Σ x·xᵀ of what goes into a projection of a block.</summary>
    public double[] Moments(int layer, string projection, int columns, CancellationToken cancellation)
    {
        var sum = new double[columns * columns];
        var samples = new float[Samples * columns];
        int count = 0;
        Visit(layer, projection, values =>
        {
            for (ReadOnlySpan<float> rest = values; rest.Length > 0;)
            {
                ReadOnlySpan<float> some = rest[..Math.Min(rest.Length, (Samples - count) * columns)];
                some.CopyTo(samples.AsSpan(count * columns));
                count += some.Length / columns;
                rest = rest[some.Length..];
                if (count == Samples)
                    Add();
            }
        }, cancellation);
        Add();
        return sum;
        void Add()
        {
            if (count == 0)
                return;
            using StepScope scope = StepScope.Begin(_model.Device, record: false);
            Tensor x = Tensor.From(_model.Device, new Shape(count, columns), samples.AsSpan(0, count * columns));
            float[] product = Ops.MatMul(x, x, transposeA: true).ToArray();
            for (int i = 0; i < sum.Length; i++)
                sum[i] += product[i];
            count = 0;
        }
    }

    /// <summary>What goes into a projection of a block [rows, columns], at most so many rows, taken evenly.</summary>
    public float[] Inputs(int layer, string projection, int columns, int most, CancellationToken cancellation)
    {
        var inputs = new List<float>();
        int total = _rows.Sum(row => row.Ids.Length), step = Math.Max(1, (total + most - 1) / most), at = 0;
        Visit(layer, projection, values =>
        {
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

    private void Visit(int layer, string? projection, Action<float[]>? seen, CancellationToken cancellation)
    {
        float[]? found = null;
        // What comes behind the projection is not asked for.
        _model.Probe.Seen = projection is null ? null : (name, x) =>
        {
            if (name == projection)
                found = x.ToArray();
            return found is null;
        };
        try
        {
            foreach (Row row in _rows)
            {
                cancellation.ThrowIfCancellationRequested();
                found = null;
                using StepScope scope = StepScope.Begin(_model.Device, record: false);
                Tensor x = Tensor.From(_model.Device, new Shape(1, row.Ids.Length, _model.Config.Width), row.Hidden, _model.DType);
                Tensor next = _model.ApplyBlock(layer, x, Input(row));
                if (projection is null)
                    row.Hidden = next.ToArray();
                else
                    seen!(found ?? throw new InvalidOperationException($"Block {layer} has no projection '{projection}'."));
            }
        }
        finally
        {
            _model.Probe.Seen = null;
        }
    }

    private DecoderInput Input(Row row)
    {
        var shape = new Shape(1, row.Ids.Length);
        return new DecoderInput(Tensor.From(_model.Device, shape, row.Ids), Tensor.From(_model.Device, shape, row.Positions), Tensor.From(_model.Device, shape, row.Segments));
    }
}
