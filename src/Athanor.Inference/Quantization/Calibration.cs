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
        foreach (Row row in _rows)
        {
            Visit(layer, row, [projection], (_, values) =>
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
        }
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

    /// <summary>What goes into projections of a block, in the order of the data's way: [rows, columns] each, at most so many rows, taken evenly.</summary>
    public float[][] Inputs(int layer, IReadOnlyList<string> projections, int most, CancellationToken cancellation)
    {
        List<float>[] inputs = [.. projections.Select(_ => new List<float>())];
        int total = _rows.Sum(row => row.Ids.Length), step = Math.Max(1, (total + most - 1) / most), first = 0;
        foreach (Row row in _rows)
        {
            int count = row.Ids.Length, start = first;
            Visit(layer, row, projections, (index, values) =>
            {
                int columns = values.Length / count;
                for (int i = (step - start % step) % step; i < count; i += step)
                    inputs[index].AddRange(values.AsSpan(i * columns, columns));
            }, cancellation);
            first += count;
        }
        return [.. inputs.Select(list => list.ToArray())];
    }

    /// <summary>Goes on to the next block's inputs.</summary>
    public void Advance(int layer, CancellationToken cancellation)
    {
        foreach (Row row in _rows)
            Visit(layer, row, [], null, cancellation);
    }

    // What comes behind the last projection is not asked for; without any the row goes through the block.
    private void Visit(int layer, Row row, IReadOnlyList<string> projections, Action<int, float[]>? seen, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int found = 0;
        _model.Probe.Seen = projections.Count == 0 ? null : (name, x) =>
        {
            if (found < projections.Count && name == projections[found])
                seen!(found++, x.ToArray());
            return found < projections.Count;
        };
        try
        {
            using StepScope scope = StepScope.Begin(_model.Device, record: false);
            Tensor x = Tensor.From(_model.Device, new Shape(1, row.Ids.Length, _model.Config.Width), row.Hidden, _model.DType);
            Tensor next = _model.ApplyBlock(layer, x, Input(row));
            if (projections.Count == 0)
                row.Hidden = next.ToArray();
            else if (found < projections.Count)
                throw new InvalidOperationException($"Block {layer} has no projection '{projections[found]}' behind the others.");
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
