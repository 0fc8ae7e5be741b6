using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Benchmarks.Training;

/// <summary>
/// How long a bf16 checkpoint of 1 GB takes from its folder to a model that can be read, its file being in the page cache. The limit is a copy of the mapped file into new memory by as many threads:
/// fused matrices lie elsewhere in memory than in the file, so every byte moves once.
/// </summary>
internal static class OpenCheckpointCase
{
    private const int Part = 1 << 22;

    public static void Run(Options options, CpuDevice device, Report report)
    {
        report.Group("train", "the limit is a copy of the mapped file");
        string folder = Directory.CreateTempSubdirectory("athanor-open-").FullName;
        try
        {
            Time(options, device, report, Path.Combine(folder, "checkpoint"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Time(Options options, CpuDevice device, Report report, string place)
    {
        var config = new ModelConfig { VocabularySize = 32768, Width = 1280, Layers = 23, Heads = 20, FeedForwardWidth = 3456, ContextLength = 2048, TieEmbeddings = true };
        using (var model = new Decoder(device, config, DType.BF16, trainable: false))
            HfCheckpoint.Save(model, place);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(place, "model.safetensors"));
        long bytes = file.Entries.Sum(entry => entry.Length);
        var parts = new List<(SafetensorsEntry Entry, long Offset)>();
        foreach (SafetensorsEntry entry in file.Entries)
        {
            for (long offset = 0; offset < entry.Length; offset += Part)
                parts.Add((entry, offset));
        }
        var measure = new Measure();
        measure.Add("open", bytes, _ =>
        {
            HfCheckpoint.Load(place, device, DType.BF16, trainable: false).Dispose();
            // The next one is a first one too, with memory that the system has not given yet.
            device.TrimMemory();
        });
        measure.Add("copy", bytes, _ => Copy(device, file, parts, bytes));
        measure.Go(options.Quick ? 2 : 8, rounds: options.Quick ? 2 : 4);
        double seconds = bytes / measure.Median("open"), limit = bytes / measure.Median("copy");
        report.Add(new Result("", "open-checkpoint-1gb", seconds, "s") { Best = bytes / measure.Best("open"), Limit = limit, Share = limit / seconds });
    }

    private static unsafe void Copy(CpuDevice device, SafetensorsFile file, List<(SafetensorsEntry Entry, long Offset)> parts, long bytes)
    {
        using (var all = new Parameter(device, "all", new Shape((int)(bytes / sizeof(ushort))), DType.BF16, trainable: false))
        {
            var target = (byte*)all.Value.Data;
            Parallel.ForEach(parts, part =>
            {
                int length = (int)Math.Min(Part, part.Entry.Length - part.Offset);
                file.Bytes(part.Entry, part.Offset, length).CopyTo(new Span<byte>(target + part.Entry.Begin + part.Offset, length));
            });
        }
        device.TrimMemory();
    }
}
