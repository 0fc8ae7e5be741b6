using System.Diagnostics;
using Athanor.Models;
using Athanor.Models.Accounting;
using Athanor.Runs.Ledger;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Training.Batches;

namespace Athanor.Training.Pretraining;

/// <summary>The numbers of each step for the ledger.</summary>
public sealed class TrainingMeter
{
    private readonly Decoder _model;
    private readonly double _bytesPerToken, _peak;
    private readonly Metric[] _metrics;
    private readonly string[] _epochs, _taken;
    private readonly long[] _documents;
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>A meter.</summary>
    /// <param name="bytesPerToken">Mean UTF-8 bytes of text a trained token; 0 where not known.</param>
    public TrainingMeter(Decoder model, Mixture mixture, double bytesPerToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(mixture);
        (_model, _bytesPerToken) = (model, bytesPerToken);
        _epochs = [.. mixture.Sources.Select(source => $"epoch/{source.Name}")];
        _taken = [.. mixture.Sources.Select(source => $"positions/{source.Name}")];
        _documents = [.. mixture.Sources.Select(source => source.Documents)];
        _metrics = new Metric[11 + 2 * _epochs.Length];
        _peak = Peak(model);
    }

    /// <summary>FLOP/s that the machine's registers reach: what utilisation is a share of.</summary>
    public double PeakRate => _peak;

    /// <summary>Tokens a second of the last step.</summary>
    public double Rate { get; private set; }

    /// <summary>Leaves out what happened since the last step: evaluation, samples.</summary>
    public void Restart() => _last = Stopwatch.GetTimestamp();

    /// <summary>Writes the numbers of a step.</summary>
    /// <param name="tokens">Trained tokens so far.</param>
    public void Write(MetricWriter writer, in StepReport report, Batch batch, long tokens)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(batch);
        long now = Stopwatch.GetTimestamp();
        double seconds = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
        Rate = report.Tokens / seconds;
        double flops = report.Positions * ModelFlops.TrainingPerToken(_model.Config, batch.Length) / seconds;
        int count = 0;
        _metrics[count++] = new Metric("train/loss", report.Loss);
        if (_bytesPerToken > 0)
            _metrics[count++] = new Metric("train/bpb", report.Loss / Math.Log(2) / _bytesPerToken);
        _metrics[count++] = new Metric("lr", report.LearningRate);
        _metrics[count++] = new Metric("grad_norm", report.GradientNorm);
        _metrics[count++] = new Metric("tokens_per_second", Rate);
        _metrics[count++] = new Metric("flops_per_second", flops);
        if (_peak > 0)
            _metrics[count++] = new Metric("utilization", flops / _peak);
        _metrics[count++] = new Metric("memory_bytes", _model.Device.PeakBytes);
        _metrics[count++] = new Metric("tokens", tokens);
        _metrics[count++] = new Metric("padding", 1 - batch.FilledPositions / (double)report.Positions);
        if (report.Skipped)
            _metrics[count++] = new Metric("skipped", 1);
        for (int i = 0; i < _epochs.Length; i++)
        {
            _metrics[count++] = new Metric(_epochs[i], batch.After.Sources[i].Epoch + batch.After.Sources[i].Place / (double)_documents[i]);
            _metrics[count++] = new Metric(_taken[i], batch.After.Sources[i].Taken);
        }
        writer.Write(report.Step + 1, _metrics.AsSpan(0, count));
    }

    private static double Peak(Decoder model)
    {
        if (model.Device is not CpuDevice cpu)
            return 0;
        using var meter = new PeakMeter(cpu, 1 << 20);
        return meter.Measure(model.DType == DType.BF16 && cpu.Path == KernelPath.Amx ? Tensors.Cpu.Peak.AmxBf16 : Tensors.Cpu.Peak.FmaF32, 0.1);
    }
}
