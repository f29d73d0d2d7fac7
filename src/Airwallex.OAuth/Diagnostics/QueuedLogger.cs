using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>
/// A logger whose writes neither wait nor throw, whatever the log providers do: a queue calls them. Scopes and the
/// activity of the place that logs are carried along. Thread-safe.
/// </summary>
/// <param name="create">
/// Makes the real logger, with the first line: making one calls the providers too. When it throws, the next line tries
/// again.
/// </param>
/// <param name="queue">Where the lines wait.</param>
internal sealed class QueuedLogger(Func<ILogger> create, DiagnosticsQueue queue) : ILogger
{
    private ILogger? _inner; // Written by the queue alone.

    public QueuedLogger(ILogger inner, DiagnosticsQueue queue) : this(() => inner, queue)
    {
    }

    /// <summary>Always true: asking the providers is left to the queue.</summary>
    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        var context = ExecutionContext.Capture();
        queue.Add(() =>
        {
            if (context is null)
            {
                Write();
                return;
            }

            ExecutionContext.Run(context, static write => ((Action)write!)(), (Action)Write);
        });

        void Write()
        {
            var inner = _inner ??= create();
            if (inner.IsEnabled(logLevel))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
