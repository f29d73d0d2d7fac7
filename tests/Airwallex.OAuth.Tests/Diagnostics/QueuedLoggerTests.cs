using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Diagnostics;

public sealed class QueuedLoggerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly DiagnosticsQueue _queue = new(1_000, () => { });

    [Fact]
    public async Task A_line_is_written_with_its_id_level_and_exception()
    {
        var provider = new Provider();
        var logger = new QueuedLogger(provider, _queue);
        var exception = new InvalidOperationException("The store is down.");

        Write(logger, "Account acct_1 waits.", exception);

        Assert.True(await _queue.FlushAsync(s_patience));
        var line = Assert.Single(provider.Lines);
        Assert.Equal((LogLevel.Warning, 7, "Account acct_1 waits.", exception), line);
    }

    [Fact]
    public async Task A_line_that_nobody_wants_is_not_formatted()
    {
        var logger = new QueuedLogger(new Provider { Least = LogLevel.Warning }, _queue);
        var isFormatted = false;

        logger.Log(LogLevel.Debug, default, "state", null, (_, _) => (isFormatted = true).ToString());

        Assert.True(logger.IsEnabled(LogLevel.Debug)); // Asking would call the providers.
        Assert.True(await _queue.FlushAsync(s_patience));
        Assert.False(isFormatted);
    }

    [Fact]
    public async Task A_provider_that_throws_or_cannot_be_made_costs_its_line_alone()
    {
        var provider = new Provider();
        var (made, fails) = (0, true);
        var logger = new QueuedLogger(
            () => ++made == 1 ? throw new InvalidOperationException("No sink yet.") : provider, _queue);
        provider.Writing = () =>
        {
            if (fails)
            {
                throw new IOException("The disk is full.");
            }
        };

        Write(logger, "one");
        Write(logger, "two");
        Assert.True(await _queue.FlushAsync(s_patience));
        fails = false;
        Write(logger, "three");

        Assert.True(await _queue.FlushAsync(s_patience));
        Assert.Equal("three", Assert.Single(provider.Lines).Text);
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task A_provider_sees_the_scope_of_the_place_that_logs()
    {
        var scope = new AsyncLocal<string?> { Value = "request 17" };
        string? seen = null;
        var logger = new QueuedLogger(new Provider { Writing = () => seen = scope.Value }, _queue);

        Write(logger, "A line.");
        scope.Value = "request 18";

        Assert.True(await _queue.FlushAsync(s_patience));
        Assert.Equal("request 17", seen);
    }

    private static void Write(QueuedLogger logger, string text, Exception? exception = null) =>
        logger.Log(LogLevel.Warning, new EventId(7, "Seven"), text, exception, static (state, _) => state);

    private sealed class Provider : ILogger
    {
        public List<(LogLevel Level, int Id, string Text, Exception? Exception)> Lines { get; } = [];

        public LogLevel Least { get; init; }

        public Action Writing { get; set; } = () => { };

        public bool IsEnabled(LogLevel logLevel) => logLevel >= Least;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Writing();
            Lines.Add((logLevel, eventId.Id, formatter(state, exception), exception));
        }
    }
}
