using System.Net;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Failures in passing: a lost answer, a 5xx, a 429.</summary>
[Collection(VirtualTime.Name)]
public sealed class RetryTests
{
    [Theory]
    [InlineData(GraceReplay.NewPair)]
    [InlineData(GraceReplay.SamePair)]
    public async Task A_lost_answer_is_recovered_inside_the_grace_period(GraceReplay replay)
    {
        await using var app = new TestApp(simulated: new AirwallexSimulatorOptions { GraceReplay = replay });
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropAnswerAfterRotating());

        var token = await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.Equal([false, true], app.Refreshes.Select(entry => entry.GraceReplay));
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Recovered], app.Events.Kinds);
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task A_connection_that_broke_before_the_server_looked_at_the_request_is_tried_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropAnswerBeforeRotating());

        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(2, app.CountRefreshes());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_given_up_after_the_time_limit_and_recovered()
    {
        await using var app = new TestApp(options => options.TokenRequestTimeout = TimeSpan.FromSeconds(4));
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayAnswer(TimeSpan.FromMinutes(10)));

        await app.ResultAsync(app.TokenAsync());

        Assert.Equal(2, app.CountRefreshes());
        Assert.InRange((app.Refreshes[1].Time - app.Refreshes[0].Time).TotalSeconds, 4, 5.5);
        app.Simulator.AssertNoBrokenRules();
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
        var pauses = app.Refreshes.Zip(app.Refreshes.Skip(1), (first, next) => (next.Time - first.Time).TotalSeconds).ToList();
        Assert.InRange(pauses[0], 0.37, 0.7); // 0.5 s, varied by a quarter.
        Assert.InRange(pauses[1], 0.74, 1.35); // Doubled.
        app.Simulator.AssertNoBrokenRules();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_request_is_repeated_MaxRetries_times_and_no_more(int maxRetries)
    {
        await using var app = new TestApp(options => options.MaxRetries = maxRetries);
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        var failed = await app.FailureAsync<TokenRequestException>(app.TokenAsync());

        Assert.True(failed.IsTransient);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Equal(1 + maxRetries, app.CountRefreshes());
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task Retries_end_with_the_lease_however_many_are_allowed()
    {
        await using var app = new TestApp(options => (options.MaxRetries, options.MaxRetryDelay) = (20, TimeSpan.FromSeconds(1)));
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(0.5)).Then(Fault.Status(503)));
        var start = app.Time.GetUtcNow();

        await app.FailureAsync<TokenRequestException>(app.TokenAsync());

        // 20 s, less the margin of 6 s, less the second that a send needs at least.
        Assert.InRange(app.Refreshes[^1].Time - start, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(13.5));
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
    public async Task A_longer_Retry_After_is_honoured()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TooManyRequests.Then(Fault.RetryAfter(TimeSpan.FromSeconds(5))));

        await app.ResultAsync(app.TokenAsync(), step: 0.05);

        Assert.InRange((app.Refreshes[1].Time - app.Refreshes[0].Time).TotalSeconds, 5, 5.1);
    }

    [Fact]
    public async Task A_Retry_After_beyond_the_lease_ends_the_refresh_and_holds_back_the_next_one()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503).Then(Fault.RetryAfter(TimeSpan.FromSeconds(40))));

        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
        await app.AdvanceAsync(38);
        var held = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.InRange(held.RetryAfter!.Value.TotalSeconds, 1, 2.5);
        Assert.Equal(1, app.CountRefreshes());
        await app.AdvanceAsync(3);
        await app.ResultAsync(app.TokenAsync());
    }

    private static Fault TooManyRequests =>
        Fault.Status(429, """{"error":"too_many_requests","error_description":"Concurrent token refresh is not allowed."}""");
}
