using System.Net.Sockets;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>An instance died between sending a refresh token and saving the response.</summary>
[Collection(VirtualTime.Name)]
public sealed class RecoveryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_attempt_of_a_dead_instance_is_recovered_once_its_lease_is_over(bool hadRotated)
    {
        await using var dead = new TestApp();
        await dead.ConnectAsync();
        if (hadRotated)
        {
            await dead.UseStoredTokenAsync();
        }

        await dead.LeaveAttemptAsync(leaseEndsIn: 12);
        await using var alive = new TestApp(beside: dead);

        await alive.RecoverAsync();
        Assert.Equal(hadRotated ? 1 : 0, alive.CountRefreshes());
        await alive.AdvanceAsync(12);
        await alive.RecoverAsync();
        await TestApp.SettleAsync();

        var stored = await alive.StoredAsync();
        Assert.Null(stored.Attempt);
        Assert.Null(stored.RecoverAt);
        Assert.Equal(alive.Simulator.CurrentRefreshToken(TestApp.Account), stored.Tokens.RefreshToken);
        Assert.Equal([ConnectionEventKind.Recovered], alive.Events.Kinds);
        alive.Simulator.AssertNoViolations();
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_grace_period_one_last_send_is_made_once_the_attempt_was_seen_unchanged_for_25_s(
        bool hadRotated)
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        if (hadRotated)
        {
            await app.UseStoredTokenAsync();
        }

        await app.LeaveAttemptAsync(leaseEndsIn: 12);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        var before = app.CountRefreshes();

        await LookForAsync(app, seconds: 24);
        Assert.Equal(before, app.CountRefreshes());
        await LookForAsync(app, seconds: 4);

        Assert.Equal(before + 1, app.CountRefreshes());
        var expected = hadRotated ? ConnectionStatus.ReauthorizationRequired : ConnectionStatus.Active;
        Assert.Equal(expected, (await app.StoredAsync()).Status);
        Assert.Null((await app.StoredAsync()).Attempt);
        Assert.Null((await app.StoredAsync()).RecoverAt);
    }

    [Fact]
    public async Task Callers_do_not_wait_for_the_observation_but_are_told_when_the_last_send_is_due()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.LeaveAttemptAsync(leaseEndsIn: 12);
        app.ExpireTokens();

        var told = await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync());

        Assert.True(told.IsTransient);
        Assert.Equal(TimeSpan.FromSeconds(25), told.RetryAfter);
        Assert.Equal(0, app.CountRefreshes());
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning GraceExceeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_host_a_caller_observes_by_itself()
    {
        await using var app = new TestApp(hasHost: false);
        await app.ConnectAsync();
        await app.LeaveAttemptAsync(leaseEndsIn: 12);
        app.ExpireTokens();
        var asked = app.Time.GetUtcNow();

        await app.ResultAsync(app.TokenAsync());

        Assert.InRange((app.Refreshes[0].Time - asked).TotalSeconds, 25, 27.5);
    }

    [Fact]
    public async Task Without_a_host_a_caller_finishes_an_unfinished_refresh_first_fresh_token_or_not()
    {
        await using var first = new TestApp(hasHost: false);
        await first.ConnectAsync();
        await first.UseStoredTokenAsync();
        await first.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 13);
        await using var next = new TestApp(beside: first, hasHost: false);

        await next.ResultAsync(next.TokenAsync());

        Assert.True(next.Refreshes[1].GraceReplay);
        Assert.Null((await next.StoredAsync()).RecoverAt);
        next.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_look_that_fails_starts_the_observation_anew()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.LeaveAttemptAsync(leaseEndsIn: 12);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        await LookForAsync(app, seconds: 20);

        // The store may have been down for the one that holds the response, too.
        app.Store.Failure = new IOException("The database is down.");
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.RecoverAsync());
        app.Store.Failure = null;
        await LookForAsync(app, seconds: 24);
        Assert.Equal(0, app.CountRefreshes());

        await LookForAsync(app, seconds: 4);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task Looks_that_are_more_than_5_s_apart_start_the_observation_anew()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.LeaveAttemptAsync(leaseEndsIn: 12);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        await LookForAsync(app, seconds: 20);

        app.Time.Advance(TimeSpan.FromSeconds(6));
        await LookForAsync(app, seconds: 24);

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task An_attempt_that_changes_starts_the_observation_anew()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.LeaveAttemptAsync(leaseEndsIn: 12);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        await LookForAsync(app, seconds: 20);

        await app.LeaveAttemptAsync(leaseEndsIn: -1, firstSentAgo: 80);
        await LookForAsync(app, seconds: 24);
        Assert.Equal(0, app.CountRefreshes());

        await LookForAsync(app, seconds: 4);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task An_instance_that_holds_the_response_comes_before_the_last_send()
    {
        await using var holder = new TestApp();
        await using var other = new TestApp(beside: holder);
        await holder.ConnectAsync();
        holder.ExpireTokens();
        StoreDownTests.FailWhenSavingTokens(holder);
        var token = await holder.ResultAsync(holder.TokenAsync());
        await holder.AdvanceAsync(90);
        await LookForAsync(other, seconds: 10); // It observes, while the store refuses tokens.

        holder.Store.TrySave = null;
        await LookForAsync(other, seconds: 20);

        Assert.Equal(token, (await holder.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, holder.CountRefreshes());
        holder.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task An_hours_outage_of_Airwallex_disconnects_no_customer()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));
        for (var minute = 0; minute < 60; minute++)
        {
            await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync());
            await LookForAsync(app, seconds: 60, every: 4);
        }

        app.Simulator.Faults.Clear();
        await LookForAsync(app, seconds: 400, every: 4);
        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
        app.Simulator.AssertNoViolations();
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, SocketError.HostNotFound)]
    [InlineData(HttpRequestError.ConnectionError, SocketError.ConnectionRefused)]
    public async Task A_send_that_definitely_sent_nothing_does_not_start_the_grace_period(
        HttpRequestError error, SocketError socketError)
    {
        var isDown = false;
        await using var app = new TestApp
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
            Assert.Null((await app.StoredAsync()).RecoverAt);
            await app.AdvanceAsync(60, step: 5);
        }

        isDown = false;
        await app.AdvanceAsync(400, step: 5);
        await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.Equal(ConnectionEventKind.Refreshed, app.Events.Kinds.Last());
        Assert.Equal(1, app.CountRefreshes());
    }

    /// <summary>The looks of the keep-alive.</summary>
    private static async Task LookForAsync(TestApp app, int seconds, int every = 2)
    {
        for (var passed = 0; passed < seconds; passed += every)
        {
            await app.RecoverAsync();
            await app.AdvanceAsync(every, step: 1);
        }

        await app.RecoverAsync();
    }
}
