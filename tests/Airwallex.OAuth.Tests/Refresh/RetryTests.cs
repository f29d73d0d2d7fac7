using System.Net;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Transient failures: a lost response, a 5xx, a 429.</summary>
[Collection(VirtualTime.Name)]
public sealed class RetryTests
{
    [Theory]
    [InlineData(GraceReplay.NewPair)]
    [InlineData(GraceReplay.SamePair)]
    public async Task A_lost_response_is_recovered_inside_the_grace_period(GraceReplay replay)
    {
        await using var app = new TestApp(simulated: new AirwallexSimulatorOptions { GraceReplay = replay });
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());

        var token = await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.Equal([false, true], app.Refreshes.Select(entry => entry.GraceReplay));
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Recovered], app.Events.Kinds);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_connection_that_broke_before_the_server_looked_at_the_request_is_tried_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseBeforeRotating());

        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(2, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_response_that_never_comes_is_given_up_after_8_s_and_recovered()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromMinutes(10)));

        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(2, app.CountRefreshes());
        Assert.InRange((app.Refreshes[1].Time - app.Refreshes[0].Time).TotalSeconds, 8, 9.5);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Each_try_waits_longer_and_the_final_start_lies_inside_the_grace_period()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.During(
            FaultTarget.Token, TimeSpan.FromSeconds(51), Fault.DelayResponse(TimeSpan.FromMinutes(10)));
        var call = app.Connections.RefreshAsync(TestApp.Account);

        await app.FailureAsync<AirwallexOAuthException>(call); // A caller waits 30 s, and no longer.
        await app.AdvanceAsync(40);

        var starts = app.Refreshes.Select(entry => (entry.Time - app.Refreshes[0].Time).TotalSeconds).ToList();
        Assert.InRange(starts[^1], 51, 53);
        Assert.Equal(200, app.Refreshes[^1].StatusCode);
        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), (await app.StoredAsync()).Tokens.RefreshToken);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task After_503_and_500_the_refresh_succeeds_within_one_call()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(500));

        await app.ResultAsync(app.TokenAsync(), step: 0.05);

        Assert.Equal([503, 500, 200], app.Refreshes.Select(entry => entry.StatusCode));
        var pauses = app.Refreshes.Zip(
            app.Refreshes.Skip(1), (first, next) => (next.Time - first.Time).TotalSeconds).ToList();
        Assert.InRange(pauses[0], 0.37, 0.7); // 0.5 s, varied by a quarter.
        Assert.InRange(pauses[1], 0.74, 1.35); // Doubled.
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_request_is_retried_three_times_and_then_the_account_cools_down()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        var failed = await app.FailureAsync<TokenRequestException>(app.TokenAsync());

        Assert.True(failed.IsTransient);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Equal(4, app.CountRefreshes());
        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.Active, stored.Status);
        Assert.True(stored.Attempt!.ResponseMayBeLost);
        Assert.InRange((stored.RecoverAt!.Value - app.Time.GetUtcNow()).TotalSeconds, 1, 3);
    }

    [Fact]
    public async Task Any_exception_of_the_pipeline_is_a_failed_send()
    {
        var thrown = new Queue<Exception>(
        [
            new InvalidOperationException("A handler's own fault."), new OperationCanceledException(),
                new ObjectDisposedException("x"),
        ]);
        await using var app = new TestApp
        {
            Network = Network.Before(_ =>
            {
                if (thrown.TryDequeue(out var exception))
                {
                    throw exception;
                }
            }),
        };
        var faults = thrown.ToArray();
        thrown.Clear();
        await app.ConnectAsync();
        Array.ForEach(faults, thrown.Enqueue);
        app.ExpireTokens();

        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(1, app.CountRefreshes());
        Assert.Empty(thrown);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task After_429_the_same_token_is_sent_again_1_to_2_s_later()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TooManyRequests);

        await app.ResultAsync(app.TokenAsync(), step: 0.05);

        Assert.Equal([429, 200], app.Refreshes.Select(entry => entry.StatusCode));
        Assert.InRange((app.Refreshes[1].Time - app.Refreshes[0].Time).TotalSeconds, 1, 2.06);
    }

    [Fact]
    public async Task After_429_the_store_is_read_again_and_what_another_instance_saved_is_used()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TooManyRequests);
        var call = app.TokenAsync();
        await TestApp.SettleAsync();

        await app.ChangeStoredAsync(current => current with
        {
            Attempt = null,
            RecoverAt = null,
            Tokens = current.Tokens with
            {
                AccessToken = "theirs",
                RefreshToken = "theirs too",
                IssuedAt = app.Time.GetUtcNow(),
                AccessTokenExpiresAt = app.Time.GetUtcNow().AddMinutes(5),
            },
        });

        Assert.Equal("theirs", await app.ResultAsync(call));
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task After_429_no_retry_is_used_up()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TooManyRequests, times: 8);

        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(9, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_long_Retry_After_ends_the_refresh_and_is_honored_whole()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TooManyRequests.Then(Fault.RetryAfter(TimeSpan.FromMinutes(10))));

        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
        await app.AdvanceAsync(595, step: 5);
        var held = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.InRange(held.RetryAfter!.Value.TotalSeconds, 1, 6);
        Assert.Equal(1, app.CountRefreshes());
        await app.AdvanceAsync(6);
        await app.ResultAsync(app.TokenAsync());
    }

    private static Fault TooManyRequests =>
        Fault.Status(
            429, """{"error":"too_many_requests","error_description":"Concurrent token refresh is not allowed."}""");
}
