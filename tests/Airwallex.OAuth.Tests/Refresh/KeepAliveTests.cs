using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Refresh;

[Collection(VirtualTime.Name)]
public sealed class KeepAliveTests
{
    [Fact]
    public async Task Renewals_lie_between_day_60_and_day_80_of_90_and_spread_evenly()
    {
        await using var app = new TestApp();
        var tokens = (await app.ConnectAsync()).Tokens;

        var days = Enumerable.Range(0, 2000)
            .Select(
                i =>
                    RenewalSchedule.RenewAt(
                        tokens with { AccountId = $"acct_{i}" }, new KeepAliveOptions()) - tokens.IssuedAt)
            .Select(age => age.TotalDays).ToList();

        Assert.All(days, day => Assert.InRange(day, 60, 80));
        Assert.All(
            days.GroupBy(day => (int)(day - 60) / 2),
            bucket => Assert.InRange(bucket.Count(), 140, 260)); // 200 in each two days.
    }

    [Fact]
    public void The_moment_of_a_renewal_is_the_same_on_every_instance()
    {
        var tokens = new TokenSet
        {
            AccountId = "acct_AcFEnD6CMgOvuFYLgFCw9A",
            AccessToken = "a",
            AccessTokenExpiresAt = DateTimeOffset.UnixEpoch.AddMinutes(5),
            RefreshToken = "r",
            RefreshTokenExpiresAt = DateTimeOffset.UnixEpoch.AddDays(90),
            IssuedAt = DateTimeOffset.UnixEpoch,
        };

        // A number from another run and machine: a hash that varies by process would miss it.
        Assert.Equal(79.71, (RenewalSchedule.RenewAt(tokens, new KeepAliveOptions()) - tokens.IssuedAt).TotalDays, 2);
    }

    [Fact]
    public async Task A_refresh_token_whose_expiry_is_unknown_is_renewed_within_a_day()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.WithoutField("refresh_token_expires_in"));
        var connection = await app.ConnectAsync();

        Assert.Null(connection.Tokens.RefreshTokenExpiresAt);
        Assert.InRange(connection.RenewAt - app.Time.GetUtcNow(), TimeSpan.FromHours(12), TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task A_connection_is_renewed_when_its_moment_has_come_and_not_before()
    {
        await using var app = new TestApp();
        var connection = await app.ConnectAsync();

        app.Time.Advance(connection.RenewAt - app.Time.GetUtcNow() - TimeSpan.FromSeconds(1));
        await app.RenewAsync();
        Assert.Equal(0, app.CountRefreshes());
        app.Time.Advance(TimeSpan.FromSeconds(1));
        await app.RenewAsync();
        await app.RenewAsync();

        Assert.Equal(1, app.CountRefreshes());
        Assert.True((await app.StoredAsync()).RenewAt > app.Time.GetUtcNow().AddDays(59));
    }

    [Fact]
    public async Task No_more_connections_than_MaxConcurrency_are_renewed_at_a_time()
    {
        await using var app = new TestApp(options => options.KeepAlive.MaxConcurrency = 3);
        for (var i = 0; i < 10; i++)
        {
            await app.ConnectAsync($"acct_{i}");
        }

        app.Time.Advance(TimeSpan.FromDays(81));
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(1)));
        var renewing = app.Application.KeepAlive.RenewAsync(CancellationToken.None);

        var most = 0;
        for (var i = 0; i < 60 && !renewing.IsCompleted; i++)
        {
            await app.AdvanceAsync(0.25);
            most = Math.Max(most, app.Simulator.DelayedRequests);
        }

        await renewing;
        Assert.Equal(3, most);
        Assert.Equal(10, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_renewal_is_awaited_though_time_passes_before_the_wait()
    {
        await using var app = new TestApp(clock: time => new PassingTime(time));
        await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromDays(81));
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(40)));

        var renewing = app.Application.KeepAlive.RenewAsync(CancellationToken.None);
        await app.AdvanceUntilAsync(renewing);

        Assert.Equal([RefreshEnd.Refreshed], await renewing);
    }

    [Fact]
    public async Task Instances_share_the_renewals_out_by_the_lease()
    {
        await using var one = new TestApp();
        await using var two = new TestApp(beside: one);
        for (var i = 0; i < 10; i++)
        {
            await one.ConnectAsync($"acct_{i}");
        }

        one.Time.Advance(TimeSpan.FromDays(81));
        one.Simulator.Faults.Always(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(1)));
        var both = Task.WhenAll(
            one.Application.KeepAlive.RenewAsync(CancellationToken.None), two.Application.KeepAlive
                .RenewAsync(CancellationToken.None));
        await one.AdvanceUntilAsync(both);

        Assert.Equal(10, one.CountRefreshes());
        one.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_token_past_its_window_is_told_once_an_hour_until_it_is_renewed()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(401, """{"error":"invalid_client"}"""));
        app.Time.Advance(TimeSpan.FromDays(81));

        for (var minute = 0; minute < 61; minute += 10)
        {
            await app.RenewAsync();
            await app.AdvanceAsync(600, step: 600);
        }

        await TestApp.SettleAsync();
        var overdue = app.Events.All.Where(e => e.Kind == ConnectionEventKind.RenewalOverdue).ToList();
        Assert.Equal(2, overdue.Count);
        Assert.All(overdue, e => Assert.Equal(TestApp.Account, e.AccountId));
        Assert.Equal(2, app.Log.Lines.Count(line => line.StartsWith("Error RenewalOverdue", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_store_that_ignores_the_filter_has_nobody_refreshed_for_nothing()
    {
        await using var app = new TestApp(
            services: services => services.AddSingleton<ITokenStore>(_ => new CarelessStore()));
        await app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account));

        await app.RenewAsync();
        await app.RecoverAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_connection_that_is_over_is_not_renewed()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.ChangeStoredAsync(current => current with { Status = ConnectionStatus.ReauthorizationRequired });
        app.Time.Advance(TimeSpan.FromDays(81));

        await app.RenewAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_worker_without_requests_keeps_its_connections_for_a_year_by_the_background_services_alone()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();

        for (var day = 0; day < 365; day++)
        {
            app.Time.Advance(TimeSpan.FromDays(1));
            await app.RecoverAsync();
            await app.RenewAsync();
        }

        Assert.InRange(app.CountRefreshes(), 4, 6);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_dead_instances_refresh_is_recovered_within_seconds_of_its_leases_end()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.UseStoredTokenAsync();
        var attempt = await app.LeaveAttemptAsync(leaseEndsIn: 12);
        using var host = HostOf(app);
        await host.StartAsync();

        await app.AdvanceAsync(17);

        Assert.InRange(app.Refreshes[1].Time - attempt.LeaseExpiresAt, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
        Assert.Null((await app.StoredAsync()).Attempt);
        await StopAsync(app, host);
    }

    [Fact]
    public async Task Hundreds_of_refreshes_in_flight_at_a_crash_are_all_recovered_in_time_by_one_survivor()
    {
        await using var app = new TestApp();
        for (var i = 0; i < 500; i++)
        {
            await app.ConnectAsync($"acct_{i}");
            await app.UseStoredTokenAsync($"acct_{i}");
            await app.LeaveAttemptAsync(leaseEndsIn: 12 - i % 2, firstSentAgo: i % 12, accountId: $"acct_{i}");
        }

        app.Simulator.Faults.Always(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(20)));
        using var host = HostOf(app);
        await host.StartAsync();

        await app.AdvanceAsync(80, step: 0.25);

        var summary = await app.Connections.SummarizeAsync();
        Assert.Equal((500, 0), (summary.Active, summary.RefreshPending));
        app.Simulator.AssertNoViolations();
        await StopAsync(app, host);
    }

    [Fact]
    public async Task A_keep_alive_that_is_turned_off_renews_and_recovers_nothing()
    {
        await using var app = new TestApp(options => options.KeepAlive.Enabled = false);
        await app.ConnectAsync();
        await app.ChangeStoredAsync(current => current with
        {
            RenewAt = app.Time.GetUtcNow(),
            RecoverAt = app.Time.GetUtcNow(),
        });
        using var host = HostOf(app);
        await host.StartAsync();

        await app.AdvanceAsync(12);

        Assert.Equal(0, app.CountRefreshes());
        await StopAsync(app, host);
    }

    [Fact]
    public async Task A_store_that_fails_while_looking_is_logged_and_looked_at_again()
    {
        await using var app = new TestApp();
        var connection = await app.ConnectAsync();
        app.Time.Advance(connection.RenewAt - app.Time.GetUtcNow());
        app.Store.Failure = new IOException("The database is down.");
        using var host = HostOf(app);
        await host.StartAsync();
        await app.AdvanceAsync(6);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Error MaintenanceFailed", StringComparison.Ordinal));

        app.Store.Failure = null;
        await app.AdvanceAsync(6);

        Assert.Equal(1, app.CountRefreshes());
        await StopAsync(app, host);
    }

    [Fact]
    public async Task Stopping_the_host_waits_for_a_refresh_in_flight_and_saves_its_tokens()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        using var host = HostOf(app);
        await host.StartAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(5)));
        using var givesUp = new CancellationTokenSource();
        var call = app.TokenAsync(givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);
        await givesUp.CancelAsync();

        var stopping = host.StopAsync();
        await app.AdvanceAsync(4);
        Assert.False(stopping.IsCompleted);
        await app.AdvanceAsync(2);

        await app.AdvanceUntilAsync(stopping);
        Assert.True(call.IsCanceled);
        Assert.NotEqual(before.Tokens.RefreshToken, (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Contains(ConnectionEventKind.Refreshed, app.Events.Kinds);
    }

    [Fact]
    public async Task A_host_that_waits_no_longer_is_told_what_it_leaves_behind()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(5)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await app.Application.StopAsync(new CancellationToken(canceled: true));
        await TestApp.SettleAsync();

        Assert.Contains(
            app.Log.Lines, line => line.StartsWith("Critical StoppedWhileRefreshing", StringComparison.Ordinal));
        await app.ResultAsync(call);
    }

    [Fact]
    public async Task Without_a_host_disposing_of_the_services_waits_for_a_refresh_in_flight()
    {
        var app = new TestApp(hasHost: false);
        var before = await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(5)));
        using var givesUp = new CancellationTokenSource();
        var call = app.TokenAsync(givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);
        await givesUp.CancelAsync();
        var application = app.Application;

        var disposing = application.DisposeAsync().AsTask();
        await app.AdvanceAsync(4);
        Assert.False(disposing.IsCompleted);
        await app.AdvanceAsync(3);

        Assert.True(disposing.IsCompleted);
        Assert.True(call.IsCanceled);
        Assert.NotEqual(before.Tokens.RefreshToken, (await app.StoredAsync()).Tokens.RefreshToken);
        await app.DisposeAsync();
    }

    [Fact]
    public async Task A_round_without_a_host_renews_and_recovers_and_tells_what_it_did()
    {
        await using var app = new TestApp(hasHost: false);
        await app.ConnectAsync();
        await app.ConnectAsync("acct_two");
        await app.UseStoredTokenAsync("acct_two");
        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 13, accountId: "acct_two");
        await app.ChangeStoredAsync(current => current with { RenewAt = app.Time.GetUtcNow() });

        var result = await app.ResultAsync(app.Connections.KeepAliveAsync());

        Assert.Equal(new KeepAliveResult { Recovered = 1, Renewed = 1 }, result);
        Assert.Equal(new KeepAliveResult(), await app.ResultAsync(app.Connections.KeepAliveAsync()));
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_canceled_round_starts_nothing_more_and_awaits_what_is_in_flight()
    {
        await using var app = new TestApp(options => options.KeepAlive.MaxConcurrency = 1, hasHost: false);
        for (var i = 0; i < 3; i++)
        {
            await app.ConnectAsync($"acct_{i}");
            await app.ChangeStoredAsync(current => current with { RenewAt = app.Time.GetUtcNow() }, $"acct_{i}");
        }

        app.Simulator.Faults.Always(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(3)));
        using var stop = new CancellationTokenSource();
        var round = app.Connections.KeepAliveAsync(stop.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await stop.CancelAsync();

        Assert.Equal(1, (await app.ResultAsync(round)).Renewed);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task Idle_accounts_are_evicted_and_found_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var cache = app.Application.Current.Cache;
        app.Time.Advance(TimeSpan.FromMinutes(5.9));
        cache.EvictIdle(app.Time);
        Assert.NotNull(cache.Find(TestApp.Account));

        app.Time.Advance(TimeSpan.FromMinutes(0.2));
        cache.EvictIdle(app.Time);
        Assert.Null(cache.Find(TestApp.Account));

        await app.TokenAsync();
        Assert.NotNull(cache.Find(TestApp.Account));
    }

    [Fact]
    public async Task An_account_that_is_being_refreshed_is_not_evicted()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(10));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(2)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        app.Application.Current.Cache.EvictIdle(app.Time);

        Assert.NotNull(app.Application.Current.Cache.Find(TestApp.Account));
        await app.ResultAsync(call);
    }

    [Fact]
    public async Task An_account_whose_observed_attempt_another_instance_finished_is_evicted()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 70);
        app.Time.Advance(TimeSpan.FromMinutes(7));
        await app.RecoverAsync();
        await app.ChangeStoredAsync(current => current with { Attempt = null, RecoverAt = null });

        app.Time.Advance(TimeSpan.FromMinutes(2));
        app.Application.Current.Cache.EvictIdle(app.Time);

        Assert.Null(app.Application.Current.Cache.Find(TestApp.Account));
    }

    private static async Task StopAsync(TestApp app, IHost host) => await app.AdvanceUntilAsync(host.StopAsync());

    private static IHost HostOf(TestApp app)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostedService>(app.KeepAliveService);
        return builder.Build();
    }

    private sealed class CarelessStore : ITokenStore
    {
        private readonly InMemoryTokenStore _inner = new();

        public ValueTask<StoredConnection?> FindAsync(
            ConnectionKey key, CancellationToken cancellationToken = default) =>
            _inner.FindAsync(key, cancellationToken);

        public ValueTask<bool> TrySaveAsync(
            StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
            _inner.TrySaveAsync(connection, expectedVersion, cancellationToken);

        public ValueTask<bool> TryDeleteAsync(
            ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
            _inner.TryDeleteAsync(key, expectedVersion, cancellationToken);

        public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
            ConnectionQuery query, CancellationToken cancellationToken = default) =>
            _inner.ListAsync(new ConnectionQuery { Limit = query.Limit }, cancellationToken);

        public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
            DateTimeOffset now, CancellationToken cancellationToken = default) =>
            _inner.SummarizeAsync(now, cancellationToken);
    }

    /// <summary>A clock on which time passes from one reading to the next, as on a real one.</summary>
    private sealed class PassingTime(TimeProvider time) : TimeProvider
    {
        private long _readings;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp() + Interlocked.Increment(ref _readings);

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
