using Microsoft.Extensions.Logging;

namespace Athanor.Cli.Serve;

/// <summary>Writes warnings and worse as lines for people.</summary>
internal sealed class LineLogger(TextWriter output) : ILoggerProvider, ILogger
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        lock (_lock)
        {
            output.WriteLine($"athanor: {(logLevel >= LogLevel.Error ? "error" : "warning")}: {formatter(state, exception)}");
            if (exception is not null)
                output.WriteLine(exception);
        }
    }

    public void Dispose()
    {
    }
}
