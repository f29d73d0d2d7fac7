using System.Net.Sockets;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>An instance died between sending a refresh token and saving the answer.</summary>
[Collection(VirtualTime.Name)]
public sealed class RecoveryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_note_of_a_dead_instance_is_recovered_once_its_lease_is_over(bool hadRotated)
    {
        await using var dead = new TestApp();
        await dead.ConnectAsync();
        if (hadRotated)
        {
            await dead.UseStoredTokenAsync();
        }

        await LeaseTests.LeaveNoteAsync(dead, leaseEndsIn: 20);
        await using var alive = new TestApp(beside: dead);

        await alive.Maintenance.RecoverAsync(CancellationToken.None);
        Assert.Equal(hadRotated ? 1 : 0, alive.CountRefreshes());
        await alive.AdvanceAsync(20);
        await alive.Maintenance.RecoverAsync(CancellationToken.None);
        await TestApp.SettleAsync();

        var stored = await alive.StoredAsync();
        Assert.Null(stored.Attempt);
        Assert.Equal(alive.Simulator.CurrentRefreshToken(TestApp.Account), stored.Tokens.RefreshToken);
        Assert.Equal([ConnectionEventKind.Recovered], alive.Events.Kinds);
        alive.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task An_instance_that_dies_waiting_for_the_answer_is_stood_in_for_by_its_neighbour()
    {
        await using var dying = new TestApp();
        await using var neighbour = new TestApp(beside: dying);
        await dying.ConnectAsync();
        dying.ExpireTokens();
        dying.Store.TrySave = connection => connection.Attempt is null
            ? new ValueTask<bool>(new TaskCompletionSource<bool>().Task) // It will never save: it is dead.
            : dying.Store.Inner.TrySaveAsync(connection);
        var lost = dying.TokenAsync();
        await TestApp.SettleAsync();
        dying.Store.TrySave = null;

        var token = await neighbour.ResultAsync(neighbour.TokenAsync());

        Assert.False(lost.IsCompleted);
        Assert.Equal(token, (await neighbour.StoredAsync()).Tokens.AccessToken);
        Assert.True(neighbour.Refreshes[1].GraceReplay);
        neighbour.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task Nothing_is_recovered_where_nothing_was_left()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.AdvanceAsync(30, step: 5);

        await app.RecoverAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task With_the_keep_alive_switched_off_nothing_is_recovered_or_renewed_in_the_background()
    {
        await using var app = new TestApp(options => options.KeepAlive.Enabled = false);
        await app.ConnectAsync();
        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -1);
        app.Time.Advance(TimeSpan.FromDays(85));

        await app.RecoverAsync();
        await app.RenewAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_grace_period_one_attempt_is_made_once_the_note_was_seen_unchanged_15_s_apart(bool hadRotated)
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        if (hadRotated)
        {
            await app.UseStoredTokenAsync();
        }

        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 0);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        var before = app.CountRefreshes();

        await app.RecoverAsync();
        await app.AdvanceAsync(14.5);
        await app.RecoverAsync();
        Assert.Equal(before, app.CountRefreshes());
        await app.AdvanceAsync(0.5);
        await app.RecoverAsync();

        Assert.Equal(before + 1, app.CountRefreshes());
        var expected = hadRotated ? ConnectionStatus.ReauthorizationRequired : ConnectionStatus.Active;
        Assert.Equal(expected, (await app.StoredAsync()).Status);
        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task A_caller_waits_for_the_second_sight_of_the_note()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 0);
        app.ExpireTokens();
        var asked = app.Time.GetUtcNow();

        await app.ResultAsync(app.TokenAsync());

        Assert.InRange((app.Refreshes[0].Time - asked).TotalSeconds, 15, 15.5);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning GraceExceeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_note_that_was_out_of_sight_for_long_starts_the_15_s_anew()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 0);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        await app.RecoverAsync();

        app.Time.Advance(TimeSpan.FromSeconds(30)); // The store may have been down, for the one that holds the answer, too.
        await app.RecoverAsync();
        Assert.Equal(0, app.CountRefreshes());
        await app.AdvanceAsync(15);
        await app.RecoverAsync();

        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_note_that_changes_between_the_two_sights_starts_the_15_s_anew()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 0);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        await app.RecoverAsync();
        await app.AdvanceAsync(10);

        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 80);
        await app.AdvanceAsync(6);
        await app.RecoverAsync();
        await app.AdvanceAsync(14);
        await app.RecoverAsync();
        Assert.Equal(0, app.CountRefreshes());

        await app.AdvanceAsync(2);
        await app.RecoverAsync();
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task An_instance_that_holds_the_answer_comes_before_the_last_attempt()
    {
        await using var holder = new TestApp();
        await using var other = new TestApp(beside: holder);
        await holder.ConnectAsync();
        holder.ExpireTokens();
        StoreDownTests.FailWhenSavingTokens(holder);
        var token = await holder.ResultAsync(holder.TokenAsync());
        await holder.AdvanceAsync(90);
        await other.Maintenance.RecoverAsync(CancellationToken.None); // First sight, while the store refuses tokens.

        holder.Store.TrySave = null;
        await holder.AdvanceAsync(14);
        await other.Maintenance.RecoverAsync(CancellationToken.None);

        Assert.Equal(token, (await holder.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, holder.CountRefreshes());
        holder.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task With_RequireReauthorization_a_lost_answer_past_the_grace_period_ends_the_connection_without_sending()
    {
        await using var app = new TestApp(options => options.GraceExceeded = GraceExceededBehavior.RequireReauthorization);
        await app.ConnectAsync();
        await app.UseStoredTokenAsync();
        await LeaseTests.app.LeaveAttemptAsync(leaseEndsIn: -50, firstSentAgo: 0);
        app.ExpireTokens();

        var ended = await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());

        Assert.Contains("grace period", ended.Reason, StringComparison.Ordinal);
        Assert.Equal(1, app.CountRefreshes()); // The dead instance's.
        Assert.Equal(ConnectionStatus.ReauthorizationRequired, (await app.StoredAsync()).Status);
        app.Simulator.AssertNoBrokenRules();
    }

    [Theory]
    [InlineData(GraceExceededBehavior.Attempt)]
    [InlineData(GraceExceededBehavior.RequireReauthorization)]
    public async Task An_hours_outage_of_Airwallex_disconnects_nobody(GraceExceededBehavior behavior)
    {
        await using var app = new TestApp(options => options.GraceExceeded = behavior);
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));
        for (var minute = 0; minute < 60; minute++)
        {
            await app.FailureAsync<TokenRequestException>(app.TokenAsync());
            await app.AdvanceAsync(60, step: 5);
        }

        app.Simulator.Faults.Clear();
        await app.AdvanceAsync(400, step: 5);
        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
        app.Simulator.AssertNoBrokenRules();
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, SocketError.HostNotFound)]
    [InlineData(HttpRequestError.ConnectionError, SocketError.ConnectionRefused)]
    public async Task A_failure_that_surely_sent_nothing_does_not_start_the_grace_period(HttpRequestError error, SocketError socketError)
    {
        var isDown = false;
        await using var app = new TestApp(options => options.GraceExceeded = GraceExceededBehavior.RequireReauthorization)
        {
            Network = Network.Before(_ =>
            {
                if (isDown)
                {
                    throw new HttpRequestException(error, "No way there.", new SocketException((int)socketError));
                }
            }),
        };
        await app.ConnectAsync();
        app.ExpireTokens();
        isDown = true;

        for (var minute = 0; minute < 10; minute++)
        {
            var failed = await app.FailureAsync<TokenRequestException>(app.TokenAsync());
            Assert.True(failed.IsTransient);
            Assert.Null((await app.StoredAsync()).Attempt);
            await app.AdvanceAsync(60, step: 5);
        }

        isDown = false;
        await app.AdvanceAsync(400, step: 5);
        await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.Equal(ConnectionEventKind.Refreshed, app.Events.Kinds.Last());
        Assert.Equal(1, app.CountRefreshes());
    }
}
