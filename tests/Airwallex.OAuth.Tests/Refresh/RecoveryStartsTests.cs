using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Which unfinished refreshes one look starts, in which order, and how many.</summary>
[Collection(VirtualTime.Name)]
public sealed class RecoveryStartsTests
{
    [Fact]
    public async Task The_earliest_first_send_is_started_first_and_a_last_send_last()
    {
        await using var app = new TestApp();
        await ConnectAsync(app, "late", "young", "old", "unsent");
        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 100, accountId: "late");
        for (var started = app.Time.GetUtcNow(); app.Time.GetUtcNow() - started < TimeSpan.FromSeconds(22);)
        {
            await app.RecoverAsync();
            await app.AdvanceAsync(1, step: 1);
        }

        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 20, accountId: "young");
        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 40, accountId: "old");
        await MakeDueAsync(app, "unsent");
        await app.AdvanceAsync(3, step: 1); // Observed for 25 s by then.
        await LookAsync(app);

        var order = app.Refreshes.Select(refresh => refresh.AccountId!).ToList();
        Assert.Equal(["old", "young"], order.Take(2));
        Assert.Equal(["late", "unsent"], order.Skip(2).Order());
    }

    [Fact]
    public async Task A_look_starts_40_and_after_a_429_20_for_10_s()
    {
        await using var app = new TestApp();
        var accounts = Enumerable.Range(0, 110).Select(number => $"acct_{number}").ToArray();
        await ConnectAsync(app, accounts);
        await MakeDueAsync(app, accounts);
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(429, """{"error":"too_many_requests"}""")
            .Then(Fault.RetryAfter(TimeSpan.FromMinutes(10))));

        Assert.Equal((40, 70), await LookAsync(app));
        app.Simulator.Faults.Clear();
        await app.AdvanceAsync(5);
        Assert.Equal((20, 90), await LookAsync(app)); // The first 40 cool down for as long as Airwallex asks.
        await app.AdvanceAsync(5);
        Assert.Equal((40, 50), await LookAsync(app));
    }

    [Fact]
    public async Task After_another_failure_a_look_starts_as_many_as_before()
    {
        await using var app = new TestApp();
        var accounts = Enumerable.Range(0, 90).Select(number => $"acct_{number}").ToArray();
        await ConnectAsync(app, accounts);
        await MakeDueAsync(app, accounts);
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(403, """{"error":"unauthorized_client"}"""));

        Assert.Equal((40, 50), await LookAsync(app));
        Assert.Equal((40, 50), await LookAsync(app)); // The first 40 cool down.
    }

    [Fact]
    public async Task An_account_that_is_being_refreshed_is_left_to_that_refresh()
    {
        await using var app = new TestApp();
        await ConnectAsync(app, TestApp.Account);
        await MakeDueAsync(app, TestApp.Account);
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(5)));
        var forced = app.Connections.RefreshAsync(TestApp.Account);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);
        await app.ChangeStoredAsync(current => current with { RecoverAt = app.Time.GetUtcNow() });

        Assert.Equal((0, 1), await LookAsync(app));
        await app.ResultAsync(forced);
    }

    [Fact]
    public async Task A_cooldown_is_respected_until_the_final_start_inside_the_grace_period()
    {
        await using var app = new TestApp();
        await ConnectAsync(app, TestApp.Account);
        await MakeDueAsync(app, TestApp.Account);
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(429, """{"error":"too_many_requests"}""")
            .Then(Fault.RetryAfter(TimeSpan.FromMinutes(10))));
        await LookAsync(app);

        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 30);
        Assert.Equal((0, 1), await LookAsync(app));
        await app.AdvanceAsync(18);

        Assert.Equal((1, 0), await LookAsync(app));
    }

    [Fact]
    public async Task A_round_without_a_host_takes_up_all_that_is_due_and_observes_by_itself()
    {
        await using var app = new TestApp(hasHost: false);
        var accounts = Enumerable.Range(0, 45).Select(number => $"acct_{number}").ToArray();
        await ConnectAsync(app, accounts);
        await MakeDueAsync(app, accounts[1..]);
        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 100, accountId: accounts[0]);

        var round = await app.ResultAsync(app.Connections.KeepAliveAsync());

        Assert.Equal(new KeepAliveResult { Recovered = 45 }, round);
        Assert.Equal(45, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_round_that_is_canceled_while_it_recovers_renews_nothing()
    {
        await using var app = new TestApp(hasHost: false);
        await ConnectAsync(app, "unfinished", "renewal");
        await MakeDueAsync(app, "unfinished");
        await app.ChangeStoredAsync(current => current with { RenewAt = app.Time.GetUtcNow() }, "renewal");
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(3)));
        using var stop = new CancellationTokenSource();
        var round = app.Connections.KeepAliveAsync(stop.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await stop.CancelAsync();

        Assert.Equal(new KeepAliveResult { Recovered = 1 }, await app.ResultAsync(round));
    }

    [Fact]
    public async Task A_round_tells_how_many_failed_and_how_many_were_left_to_another_instance()
    {
        await using var app = new TestApp(hasHost: false);
        await ConnectAsync(app, "fails_1", "fails_2", "held_1", "held_2");
        foreach (var account in new[] { "fails_1", "fails_2", "held_1", "held_2" })
        {
            await app.ChangeStoredAsync(current => current with { RenewAt = app.Time.GetUtcNow() }, account);
        }

        await app.LeaveAttemptAsync(leaseEndsIn: 11, accountId: "held_1");
        await app.LeaveAttemptAsync(leaseEndsIn: 11, accountId: "held_2");
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(401, """{"error":"invalid_client"}"""));

        var round = await app.ResultAsync(app.Connections.KeepAliveAsync());

        Assert.Equal(new KeepAliveResult { Failed = 2, Deferred = 2 }, round);
    }

    private static async Task<(int Started, int Deferred)> LookAsync(TestApp app)
    {
        var looking = app.Application.KeepAlive.StartRecoveriesAsync(CancellationToken.None);
        var (started, deferred) = await app.ResultAsync(looking, step: 0.05); // From one start to the next.
        await app.ResultAsync(Task.WhenAll(started));
        return (started.Count, deferred);
    }

    private static async Task ConnectAsync(TestApp app, params string[] accounts)
    {
        foreach (var account in accounts)
        {
            await app.ConnectAsync(account);
        }
    }

    private static async Task MakeDueAsync(TestApp app, params string[] accounts)
    {
        foreach (var account in accounts)
        {
            await app.ChangeStoredAsync(current => current with { RecoverAt = app.Time.GetUtcNow() }, account);
        }
    }
}
