using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Athanor.Benchmarks.Inference;

/// <summary>llama.cpp on the same file, through node and the npm package node-llama-cpp; it waits between the questions, so that it runs in turns with ours.</summary>
internal sealed class LlamaPeer : IDisposable
{
    private readonly Process _process;

    private LlamaPeer(Process process) => _process = process;

    /// <summary>Starts the peer; null, with a line on standard error, where it does not run.</summary>
    public static LlamaPeer? Start(string? folder, string model, int threads)
    {
        if (folder is null || !Directory.Exists(Path.Combine(folder, "node_modules", "node-llama-cpp")))
            return null;
        try
        {
            var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "peers", "llama.mjs"), folder, model, threads.ToString(CultureInfo.InvariantCulture)])
                start.ArgumentList.Add(argument);
            var peer = new LlamaPeer(Process.Start(start)!);
            if (peer._process.StandardOutput.ReadLine() == "ready")
                return peer;
            peer.Dispose();
            Console.Error.WriteLine($"llama.cpp did not load {model}; it is not measured.");
        }
        catch (Win32Exception e)
        {
            Console.Error.WriteLine($"llama.cpp did not run ({e.Message}); node is needed for --peers.");
        }
        return null;
    }

    /// <summary>The seconds that a request took inside the peer.</summary>
    public double Ask(string what, int count)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {count}"));
        string? answer = _process.StandardOutput.ReadLine();
        return double.TryParse(answer, CultureInfo.InvariantCulture, out double seconds) ? seconds : throw new InvalidOperationException($"llama.cpp answered '{answer}' to {what} {count}.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(5000))
                _process.Kill();
        }
        _process.Dispose();
    }
}
