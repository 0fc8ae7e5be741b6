using Athanor.Tensors;
using Athanor.Tensors.Blocks;

namespace Athanor.Benchmarks.Inference;

/// <summary>
/// Topic inference: decoding and prompts of Llamas with quantized weights, beside the machine's limits and llama.cpp on the same file; the engine under many requests;
/// opening files; masks of constrained decoding; guessing ahead.
/// </summary>
internal static class InferenceTopic
{
    public static int Run(Options options)
    {
        var device = (CpuDevice)Device.Default;
        var report = new Report(options, "inference", device.Threads);
        string? kept = Environment.GetEnvironmentVariable("ATHANOR_BENCHMARK_MODELS");
        string folder = kept ?? Directory.CreateTempSubdirectory("athanor-inference-").FullName;
        Directory.CreateDirectory(folder);
        try
        {
            // The large ones take minutes: a quick run does them when they are asked for.
            BenchmarkModel[] models = Measure.Once ? [BenchmarkModel.Tiny] : options.Quick && options.Only.Count == 0 ? [BenchmarkModel.Small] : [BenchmarkModel.Small, BenchmarkModel.Large];
            BlockFormat[] formats = options.Quick && options.Only.Count == 0 ? [BlockFormat.Q8_0, BlockFormat.Q4_0] : [BlockFormat.Q8_0, BlockFormat.Q4_0, BlockFormat.Q4_K, BlockFormat.BF16];
            if (options.Wants("constraints"))
                ConstraintCases.Run(options, report);
            // Turns of long texts: a quick run does them when they are asked for.
            if (options.Wants("speculation") && (!options.Quick || Measure.Once || options.Only.Count > 0))
                SpeculationCases.Run(options, device, report, folder);
            using var limits = new Limits(device);
            foreach (BenchmarkModel model in models)
            {
                foreach (BlockFormat format in formats)
                {
                    bool alone = options.Wants($"{model.Name}-{format}"), engine = format == BlockFormat.Q8_0 && options.Wants($"{model.Name}-engine");
                    if (!alone && !engine)
                        continue;
                    string path = Path.Combine(folder, $"{model.Name}-{format}.gguf");
                    long bytes = model.Write(path, format);
                    if (alone)
                        ModelCases.Run(options, limits, report, model, format, path, bytes);
                    if (engine)
                        EngineCases.Run(options, device, report, model, path);
                    if (kept is null)
                        File.Delete(path);
                }
            }
        }
        finally
        {
            if (kept is null)
                Directory.Delete(folder, recursive: true);
        }
        return 0;
    }
}
