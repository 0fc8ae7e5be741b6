using System.Diagnostics;
using Athanor.Models;
using Athanor.Tensors;
using Athanor.Training.Checkpoints;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Checkpoints;

/// <summary>Processes of their own that are killed without warning.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_killed_run_goes_on_to_the_same_bytes() => Kill(1, 7);

    [Fact]
    [Trait("Category", "Long")]
    public async Task Runs_killed_at_random_moments_go_on_to_the_same_bytes()
    {
        for (int seed = 0; seed < 5; seed++)
            await Kill(6, seed);
    }

    private async Task Kill(int kills, int seed)
    {
        string shard = _folder[$"{seed}.shard"], whole = _folder[$"whole-{seed}"], killed = _folder[$"killed-{seed}"];
        Corpus.Write(shard, Corpus.Documents(100));
        using Decoder model = Tiny.Model(DType.BF16);
        Program.Train(model, shard, whole, () => { });
        var random = new Random(seed);
        var reached = new List<long>();
        for (int kill = 0; kill < kills; kill++)
        {
            using Process child = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "train", shard, killed]) { RedirectStandardOutput = true })!;
            await child.StandardOutput.ReadLineAsync();
            await Task.Delay(random.Next(1, 400));
            child.Kill();
            await child.WaitForExitAsync();
            reached.Add(new CheckpointStore(killed).Latest()?.Step ?? 0);
        }
        // A kill that finds the work done, or not begun, proves nothing.
        Assert.Contains(reached, step => step is > 0 and < Program.Steps || kills == 1);
        using Decoder other = Tiny.Model(DType.BF16);
        Program.Train(other, shard, killed, () => { });
        Assert.Equal(Tiny.Weights(model), Tiny.Weights(other));
        string Bytes(string folder) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(new CheckpointStore(folder).Latest()!.TrainingFolder, "optimizer.safetensors"))));
        Assert.Equal(Bytes(whole), Bytes(killed));
    }
}
