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
            .Select(i => RenewalSchedule.RenewAt(tokens with { AccountId = $"acct_{i}" }, new KeepAliveOptions()) - tokens.IssuedAt)
            .Select(age => age.TotalDays).ToList();

        Assert.All(days, day => Assert.InRange(day, 60, 80));
        Assert.All(days.CountBy(day => (int)(day - 60) / 2), bucket => Assert.InRange(bucket.Value, 140, 260)); // 200 in each two days.
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
    public async Task A_renewal_interval_replaces_the_window_but_never_goes_beyond_it()
    {
        await using var app = new TestApp(options => options.KeepAlive.RenewalInterval = TimeSpan.FromDays(30));
        var connection = await app.ConnectAsync();

        Assert.Equal(connection.Tokens.IssuedAt.AddDays(30), connection.RenewAt);
        Assert.InRange(
            RenewalSchedule.RenewAt(connection.Tokens, new KeepAliveOptions { RenewalInterval = TimeSpan.FromDays(89) }),
            connection.Tokens.IssuedAt.AddDays(60), connection.Tokens.IssuedAt.AddDays(80));
        app.Time.Advance(TimeSpan.FromDays(30));
        await app.RenewAsync();
        Assert.Equal(1, app.CountRefreshes());
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
        var renewing = app.RenewAsync();

        var most = 0;
        for (var i = 0; i < 60 && !renewing.IsCompleted; i++)
        {
            await app.AdvanceAsync(0.25);
            most = Math.Max(most, app.Simulator.RequestsHeldBack);
        }

        await renewing;
        Assert.Equal(3, most);
        Assert.Equal(10, app.CountRefreshes());
        app.Simulator.AssertNoBrokenRules();
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
        var both = Task.WhenAll(one.Maintenance.RenewAsync(CancellationToken.None), two.Maintenance.RenewAsync(CancellationToken.None));
        await one.AdvanceUntilAsync(both);

        Assert.Equal(10, one.CountRefreshes());
        one.Simulator.AssertNoBrokenRules();
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
        await using var app = new TestApp(services: services => services.AddSingleton<ITokenStore>(_ => new CarelessStore()));
        await app.ConnectAsync();

        await app.RenewAsync();
        await app.RecoverAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_connection_that_is_over_is_not_renewed()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected.");
        app.Time.Advance(TimeSpan.FromDays(81));

        await app.RenewAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_worker_without_requests_keeps_its_connections_for_a_year_by_the_background_services_alone()
    {
        await using var app = new TestApp(options =>
            options.KeepAlive.ScanInterval = options.KeepAlive.RecoveryInterval = TimeSpan.FromHours(6));
        await app.ConnectAsync();
        using var host = HostOf(app);
        await host.StartAsync();

        await app.AdvanceAsync(365 * 86400, step: 6 * 3600);

        Assert.InRange(app.CountRefreshes(), 4, 6);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoBrokenRules();
        await host.StopAsync();
    }

    [Fact]
    public async Task A_dead_instances_refresh_is_recovered_within_seconds_of_its_leases_end()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.UseStoredTokenAsync();
        var note = await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: 20);
        using var host = HostOf(app);
        await host.StartAsync();

        await app.AdvanceAsync(25);

        Assert.InRange(app.Refreshes[1].Time - note.LeaseExpiresAt, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
        Assert.Null((await app.StoredAsync()).Attempt);
        await host.StopAsync();
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
        await host.StopAsync();
    }

    [Fact]
    public async Task Stopping_the_host_waits_for_a_refresh_in_flight_and_saves_its_tokens()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        using var host = HostOf(app);
        await host.StartAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayAnswer(TimeSpan.FromSeconds(5)));
        using var givesUp = new CancellationTokenSource();
        var call = app.TokenAsync(givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);
        await givesUp.CancelAsync();

        var stopping = host.StopAsync();
        await app.AdvanceAsync(4);
        Assert.False(stopping.IsCompleted);
        await app.AdvanceAsync(2);

        await app.AdvanceUntilAsync(stopping);
        Assert.NotEqual(before.Tokens.RefreshToken, (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Contains(ConnectionEventKind.Refreshed, app.Events.Kinds);
    }

    [Fact]
    public async Task A_host_that_will_not_wait_any_longer_is_told_what_it_leaves_behind()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayAnswer(TimeSpan.FromSeconds(5)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        await app.Maintenance.StopAsync(new CancellationToken(canceled: true));

        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning StoppedWhileRefreshing", StringComparison.Ordinal));
        await app.ResultAsync(call);
    }

    [Fact]
    public async Task Idle_accounts_are_let_go_and_found_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var accounts = app.Get<Accounts>();
        app.Time.Advance(TimeSpan.FromMinutes(5.9));
        accounts.LetIdleOnesGo();
        Assert.NotNull(accounts.Find(TestApp.Account));

        app.Time.Advance(TimeSpan.FromMinutes(0.2));
        accounts.LetIdleOnesGo();
        Assert.Null(accounts.Find(TestApp.Account));

        await app.TokenAsync();
        Assert.NotNull(accounts.Find(TestApp.Account));
    }

    [Fact]
    public async Task An_account_with_a_refresh_in_flight_is_not_let_go()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(10));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(2)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        app.Get<Accounts>().LetIdleOnesGo();

        Assert.NotNull(app.Get<Accounts>().Find(TestApp.Account));
        await app.ResultAsync(call);
    }

    [Fact]
    public async Task An_account_whose_sighted_note_another_instance_settled_is_let_go()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 70);
        app.Time.Advance(TimeSpan.FromMinutes(7));
        await app.RecoverAsync();
        await using var other = new TestApp(beside: app);
        await other.ResultAsync(other.TokenAsync());

        app.Time.Advance(TimeSpan.FromMinutes(2));
        app.Get<Accounts>().LetIdleOnesGo();

        Assert.Null(app.Get<Accounts>().Find(TestApp.Account));
    }

    private static IHost HostOf(TestApp app)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostedService>(app.Maintenance);
        return builder.Build();
    }

    private sealed class CarelessStore : ITokenStore
    {
        private readonly InMemoryTokenStore _inner = new();

        public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default) => _inner.FindAsync(accountId, cancellationToken);

        public ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default) => _inner.TrySaveAsync(connection, cancellationToken);

        public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default) => _inner.DeleteAsync(accountId, cancellationToken);

        public IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter filter, CancellationToken cancellationToken = default) =>
            _inner.ListAsync(new ConnectionFilter(), cancellationToken);
    }
}
