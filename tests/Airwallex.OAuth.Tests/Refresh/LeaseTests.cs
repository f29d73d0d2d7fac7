using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Another instance is at work on the connection.</summary>
[Collection(VirtualTime.Name)]
public sealed class LeaseTests
{
    [Fact]
    public async Task A_live_lease_of_another_instance_is_waited_for_and_its_tokens_are_used()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        await app.LeaveAttemptAsync(leaseEndsIn: 15);
        var call = app.TokenAsync();
        await app.AdvanceAsync(3);
        Assert.False(call.IsCompleted);

        await app.ChangeStoredAsync(current => current with
        {
            Attempt = null,
            RecoverAt = null,
            Tokens = current.Tokens with
            {
                AccessToken = "theirs",
                RefreshToken = "theirs too",
                AccessTokenExpiresAt = app.Time.GetUtcNow().AddMinutes(5),
            },
        });

        Assert.Equal("theirs", await app.ResultAsync(call, atMostSeconds: 1.5)); // Pauses grow to a second.
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task The_age_of_an_attempt_is_that_of_the_clock_which_made_it()
    {
        await using var app = new TestApp();
        var stored = await app.ConnectAsync();
        var madeAt = app.Time.GetUtcNow().AddSeconds(5); // By a clock that was put back since.
        var attempt = new RefreshAttempt
        {
            Id = "attempt",
            FirstSentAt = madeAt.AddSeconds(-20),
            LeaseExpiresAt = madeAt.AddSeconds(12),
        };
        var lease = new Lease(
            app.Application, new RefreshTimings(TimeSpan.FromMinutes(1)),
            app.Application.Telemetry.StartRefresh(RefreshTrigger.Forced, TestApp.Account, default),
            stored with { Attempt = attempt }, stored, app.Time.GetTimestamp());

        await app.AdvanceAsync(3);

        Assert.Equal(TimeSpan.FromSeconds(23), lease.Age);
    }

    [Fact]
    public async Task A_lease_that_ends_without_a_response_is_taken_over_inside_the_grace_period()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        await app.UseStoredTokenAsync();
        var attempt = await app.LeaveAttemptAsync(leaseEndsIn: 15);

        var call = app.TokenAsync();
        await app.AdvanceAsync(14.5);
        Assert.Equal(1, app.CountRefreshes()); // The other's, whose response is lost.
        await app.ResultAsync(call, atMostSeconds: 2);
        await TestApp.SettleAsync();

        Assert.True(app.Refreshes[1].GraceReplay);
        Assert.True(app.Refreshes[1].Time >= attempt.LeaseExpiresAt);
        Assert.Equal(ConnectionEventKind.Recovered, app.Events.Kinds.Last());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task The_grace_period_counts_from_the_first_send_however_many_attempts_follow()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var firstSentAt = app.Time.GetUtcNow();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        for (var operation = 0; operation < 3; operation++)
        {
            await app.FailureAsync<TokenRequestException>(app.TokenAsync());
            var attempt = (await app.StoredAsync()).Attempt!;
            Assert.Equal(firstSentAt, attempt.FirstSentAt);
            Assert.True(attempt.LeaseExpiresAt <= app.Time.GetUtcNow()); // Given back: others need not wait.
            await app.AdvanceAsync(10);
        }
    }

    [Fact]
    public async Task A_lease_is_renewed_while_a_slow_response_is_waited_for()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(7.5)));
        var call = app.TokenAsync();

        for (var second = 0; second < 7; second++)
        {
            await app.AdvanceAsync(1);
            var left = (await app.StoredAsync()).Attempt!.LeaseExpiresAt - app.Time.GetUtcNow();
            Assert.InRange(left.TotalSeconds, 9.5, 12);
            Assert.Equal((await app.StoredAsync()).RecoverAt, (await app.StoredAsync()).Attempt!.LeaseExpiresAt);
        }

        await app.ResultAsync(call);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    [InlineData(20)]
    [InlineData(40)]
    public async Task Responses_that_take_long_for_two_minutes_cost_no_connection(int seconds)
    {
        await using var app = new TestApp(
            simulated: new AirwallexSimulatorOptions { GraceReplay = GraceReplay.SamePair });
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.During(
            FaultTarget.Token, TimeSpan.FromMinutes(2), Fault.DelayResponse(TimeSpan.FromSeconds(seconds)));

        for (var call = 0; call < 40; call++)
        {
            try
            {
                await app.ResultAsync(app.TokenAsync());
            }
            catch (AirwallexOAuthException exception) when (exception.IsTransient)
            {
                // It takes longer than a caller waits.
            }

            await app.AdvanceAsync(5, step: 0.5);
            await app.RecoverAsync();
        }

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_lease_that_another_instance_has_taken_over_cuts_the_send()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(7.5)));
        var call = app.TokenAsync();
        await app.AdvanceAsync(1);

        await app.LeaveAttemptAsync(leaseEndsIn: 10);
        await app.AdvanceAsync(2);

        Assert.Equal(0, app.Simulator.DelayedRequests);
        Assert.False(call.IsCompleted); // It waits for the other's lease.
    }

    [Fact]
    public async Task While_the_store_does_not_respond_the_send_is_neither_cut_nor_timed_out()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(25)));
        var call = app.TokenAsync();
        await app.AdvanceAsync(1);

        app.Store.Failure = new IOException("The database is down.");
        await app.AdvanceAsync(27);
        app.Store.Failure = null;

        var token = await app.ResultAsync(call);
        await app.AdvanceAsync(3);
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_lease_from_a_wrong_clock_is_waited_for_12_s()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        await app.LeaveAttemptAsync(leaseEndsIn: 3600);
        var asked = app.Time.GetUtcNow();

        await app.ResultAsync(app.TokenAsync());

        Assert.InRange((app.Refreshes[0].Time - asked).TotalSeconds, 12, 13.5);
    }

    [Fact]
    public async Task The_attempt_is_in_the_store_before_the_refresh_token_is_sent()
    {
        TestApp? app = null;
        RefreshAttempt? attemptAtSend = null;
        app = new TestApp
        {
            Network = Network.Before(_ => attemptAtSend = app!.FindStoredAsync().GetAwaiter().GetResult()?.Attempt),
        };
        await using var _ = app;
        await app.ConnectAsync();
        app.ExpireTokens();

        await app.TokenAsync();

        Assert.Equal(app.Time.GetUtcNow(), attemptAtSend!.FirstSentAt);
        Assert.Equal(app.Time.GetUtcNow().AddSeconds(12), attemptAtSend.LeaseExpiresAt);
        Assert.True(attemptAtSend.ResponseMayBeLost);
        Assert.Null((await app.StoredAsync()).Attempt);
        Assert.Null((await app.StoredAsync()).RecoverAt);
    }

    [Fact]
    public async Task The_tokens_are_in_the_store_before_a_caller_gets_them()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var mayBeSaved = new TaskCompletionSource();
        app.Store.TrySave = async (connection, expected) =>
        {
            if (ConnectionSerializer.ReadAttempt(connection) is null)
            {
                await mayBeSaved.Task;
            }

            return await app.Store.Inner.TrySaveAsync(connection, expected);
        };

        var call = app.TokenAsync();
        await app.AdvanceAsync(2);
        Assert.False(call.IsCompleted);
        mayBeSaved.SetResult();

        Assert.Equal(await app.ResultAsync(call), (await app.StoredAsync()).Tokens.AccessToken);
    }
}
