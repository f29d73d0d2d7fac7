using System.Diagnostics;
using System.Diagnostics.Metrics;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Diagnostics;

/// <summary>What an operator sees of a real application.</summary>
[Collection(VirtualTime.Name)]
public sealed class TelemetryTests
{
    private const string Trigger = "airwallex.oauth.trigger";
    private const string Outcome = "airwallex.oauth.outcome";
    private const string GrantType = "airwallex.oauth.grant_type";

    [Fact]
    public async Task Refreshes_and_token_requests_are_counted_and_measured()
    {
        await using var app = new TestApp();
        using var listening = Listen(app);
        await app.ConnectAsync();

        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(2)));
        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());
        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));
        await TestApp.SettleAsync();

        Assert.Equal(1, listening.Read("airwallex.oauth.connects", (Outcome, "connected")));
        Assert.Equal(
            1,
            listening.Read("airwallex.oauth.token_requests", (GrantType, "authorization_code"), (Outcome, "success")));
        Assert.Equal(
            2, listening.Read("airwallex.oauth.token_requests", (GrantType, "refresh_token"), (Outcome, "success")));
        Assert.Equal(1, listening.Read("airwallex.oauth.refreshes", (Trigger, "forced"), (Outcome, "refreshed")));
        Assert.Equal(1, listening.Read("airwallex.oauth.refreshes", (Trigger, "forced"), (Outcome, "recovered")));
        Assert.Equal(1, listening.Read("airwallex.oauth.responses.lost", []));
        Assert.Equal(1, listening.Read("airwallex.oauth.refresh.retries", []));
        Assert.Equal(0, listening.Read("airwallex.oauth.refresh.last_sends", []));
        Assert.Equal(0, listening.Read("airwallex.oauth.refresh.active", []));
        Assert.True(listening.Read("airwallex.oauth.store_calls",
            // One for the connect, two for each refresh.
            ("airwallex.oauth.store_operation", "save"), (Outcome, "ok")) >= 5);
        Assert.Contains(
            listening.Read("airwallex.oauth.token_request.duration"), measured => measured.Value is >= 2 and < 2.5);
        Assert.Contains(
            listening.Read("airwallex.oauth.refresh.duration"), measured => measured.Value is >= 2 and < 2.5);
    }

    [Fact]
    public async Task No_account_is_on_a_metric()
    {
        await using var app = new TestApp();
        using var listening = Listen(app);
        await app.ConnectAsync();
        app.ExpireTokens();
        await app.TokenAsync();

        await TestApp.SettleAsync();
        foreach (var name in listening.Instruments.Keys)
        {
            Assert.All(listening.Read(name), measured =>
                Assert.DoesNotContain(
                    measured.Tags.Values, value => $"{value}".Contains("acct", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_connection_that_ended_counts_once_however_often_it_is_asked_for()
    {
        await using var app = new TestApp();
        using var listening = Listen(app);
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();

        for (var call = 0; call < 20; call++)
        {
            await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());
            await app.FailureAsync<ReauthorizationRequiredException>(app.Connections.RefreshAsync(TestApp.Account));
        }

        await TestApp.SettleAsync();
        Assert.Equal(1, listening.Read(
            "airwallex.oauth.connection.ends", ("airwallex.oauth.connection_status", "reauthorization_required")));
        Assert.Single(app.Log.Lines, line => line.Contains("has ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Responses_that_wait_to_be_saved_are_a_gauge_and_one_line_a_minute()
    {
        await using var app = new TestApp();
        using var listening = Listen(app);
        for (var account = 0; account < 20; account++)
        {
            await app.ConnectAsync($"acct_{account}");
        }

        // A write ahead has a moment to recover at; the save of a response has none.
        app.Store.TrySave = (connection, expected) => connection.RecoverAt is null
            ? throw new IOException("The disk is full.")
            : app.Store.Inner.TrySaveAsync(connection, expected);
        app.ExpireTokens();
        for (var account = 0; account < 20; account++)
        {
            await app.ResultAsync(app.Connections.GetAccessTokenAsync($"acct_{account}"), step: 0.01);
        }

        await app.AdvanceAsync(1);
        var held = listening.Read("airwallex.oauth.responses.held", []);
        await app.AdvanceAsync(180, step: 1);
        var lines = app.Log.Lines.Count(line => line.Contains("new tokens wait to be saved", StringComparison.Ordinal));
        app.Store.TrySave = null;
        await app.AdvanceAsync(10);

        Assert.Equal(20, held);
        Assert.InRange(lines, 3, 5);
        Assert.Equal(0, listening.Read("airwallex.oauth.responses.held", []));
    }

    [Fact]
    public async Task A_refresh_is_a_span_linked_to_the_callers()
    {
        await using var app = new TestApp(services: services => services.AddMetrics());
        using var listening = new ListeningTo(app.Get<IMeterFactory>(), "default");
        await app.ConnectAsync("acct_of_the_span");
        using var caller = new Activity("a caller's request").Start();

        await app.Connections.RefreshAsync("acct_of_the_span");
        caller.Stop();
        await TestApp.SettleAsync();

        var refresh = Assert.Single(
            listening.Spans, span => Equals(span.GetTagItem("airwallex.oauth.account_id"), "acct_of_the_span"));
        Assert.Equal(caller.Context.SpanId, Assert.Single(refresh.Links).Context.SpanId);
        Assert.Equal(["attempt", "send", "response", "save"], refresh.Events.Select(happened => happened.Name));
        Assert.Single(listening.Spans, span => span.ParentSpanId == refresh.SpanId);
    }

    [Fact]
    public async Task A_refresh_inherits_nothing_of_the_caller_who_happened_to_start_it()
    {
        await using var app = new TestApp { Network = Network.Before(_ => Assert.Null(s_callersContext.Value)) };
        await app.ConnectAsync();
        app.ExpireTokens();
        s_callersContext.Value = "the caller's tenant";

        await app.TokenAsync();
    }

    [Fact]
    public async Task Log_providers_that_hang_or_throw_hold_up_no_refresh()
    {
        using var released = new ManualResetEventSlim();
        using var bad = new BadProvider(released);
        await using var app = new TestApp(
            services: services => services.AddLogging(logging => logging.AddProvider(bad)));
        await app.ConnectAsync();
        app.ExpireTokens();

        await app.TokenAsync();
        bad.Hangs = true;
        await app.Connections.RefreshAsync(TestApp.Account);
        await app.Connections.RefreshAsync(TestApp.Account);

        Assert.Equal(3, app.CountRefreshes());
        released.Set();
        await TestApp.SettleAsync();
        Assert.True(bad.Calls > 0);
    }

    private static readonly AsyncLocal<string?> s_callersContext = new();

    private static ListeningTo Listen(TestApp app)
    {
        _ = app.Application; // Its instruments are published when it is made.
        return new ListeningTo(app.Get<IMeterFactory>());
    }

    private sealed class BadProvider(ManualResetEventSlim released) : ILoggerProvider, ILogger
    {
        public bool Hangs { get; set; }

        public int Calls { get; private set; }

        // Only the library's: a provider that throws at everybody breaks the HTTP client itself.
        public ILogger CreateLogger(string categoryName) =>
            categoryName == "Airwallex.OAuth" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Calls++;
            if (Hangs)
            {
                released.Wait();
            }

            throw new InvalidOperationException("A sink that throws.");
        }

        public void Dispose()
        {
        }
    }
}
