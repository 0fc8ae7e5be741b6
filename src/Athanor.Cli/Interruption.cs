using System.Runtime.InteropServices;
using Spectre.Console;

namespace Athanor.Cli;

/// <summary>
/// Ctrl+C, and the request of a scheduler to end: the first lets the work save what it has, the second ends at once. The command line's own handling
/// waits within the first signal, so that a second one would not be heard.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_source.IsCancellationRequested)
        {
            // Bars hide the cursor, and nobody is left to bring it back.
            if (!Console.IsOutputRedirected)
                AnsiConsole.Cursor.Show();
            Environment.Exit(Tool.Failure);
        }
        // What is done on cancellation must not keep the next signal from being heard.
        _ = _source.CancelAsync();
    }
}
