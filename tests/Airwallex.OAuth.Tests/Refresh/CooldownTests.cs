using System.Globalization;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>A failing endpoint is not hammered.</summary>
[Collection(VirtualTime.Name)]
public sealed class CooldownTests
{
    // A 4xx: after a 5xx the response may be lost, and retries and the grace period come in.
    private static Fault TurnedAway => Fault.Status(401, """{"error":"invalid_client"}""");

    [Fact]
    public async Task The_cooldown_after_a_failed_refresh_doubles_from_2_s_to_5_min()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, TurnedAway);

        for (var failures = 0; failures < 11; failures++)
        {
            await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
            Assert.Equal(failures + 1, app.CountRefreshes());
            var pause = (await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync())).RetryAfter!.Value;

            var expected = Math.Min(2 * Math.Pow(2, failures), 300);
            Assert.InRange(pause.TotalSeconds, 0.75 * expected, 1.25 * expected); // Varied by a quarter.
            app.Time.Advance(pause - TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
            Assert.Equal(failures + 1, app.CountRefreshes());
            app.Time.Advance(TimeSpan.FromMilliseconds(200));
        }
    }

    [Fact]
    public async Task In_a_cooldown_callers_get_the_last_error_at_once_with_the_time_of_the_next_try()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(
            FaultTarget.Token, Fault.Status(503, """{"error":"temporarily_unavailable","trace_id":"trace_1"}"""));
        await app.FailureAsync<TokenRequestException>(app.TokenAsync());
        var before = app.CountRefreshes();

        var last = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.Equal(503, (int)last.StatusCode!);
        Assert.Equal("temporarily_unavailable", last.Error);
        Assert.Equal("trace_1", last.TraceId);
        Assert.True(last.IsTransient);
        Assert.InRange(last.RetryAfter!.Value.TotalSeconds, 1.5, 2.5);
        var nextTry = (app.Time.GetUtcNow() + last.RetryAfter.Value).ToString(
            "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        Assert.Contains(nextTry, last.Message, StringComparison.Ordinal);
        Assert.IsType<TokenRequestException>(last.InnerException);
        await Assert.ThrowsAsync<TokenRequestException>(() => app.Connections.RefreshAsync(TestApp.Account));
        Assert.Equal(before, app.CountRefreshes());
    }

    [Fact]
    public async Task Callers_in_a_cooldown_look_into_the_store_once_a_second_and_use_what_another_instance_got()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, TurnedAway);
        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
        await app.ChangeStoredAsync(current => current with
        {
            Tokens = current.Tokens with
            {
                AccessToken = "theirs",
                RefreshToken = "theirs too",
                IssuedAt = app.Time.GetUtcNow(),
                AccessTokenExpiresAt = app.Time.GetUtcNow().AddMinutes(5),
            },
        });

        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync()); // It looked a moment ago.
        var calls = app.Store.Calls;
        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
        Assert.Equal(calls, app.Store.Calls);
        app.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("theirs", await app.TokenAsync());
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_cooldown_does_not_sit_out_the_grace_period()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var first = app.Time.GetUtcNow();
        app.Simulator.Faults.Always(
            FaultTarget.Token, Fault.DropResponseAfterRotating().Then(Fault.RetryAfter(TimeSpan.FromMinutes(4))));
        app.Simulator.Faults.During(
            FaultTarget.Token,
            TimeSpan.FromSeconds(40),
            Fault.StatusAfterRotating(503).Then(Fault.RetryAfter(TimeSpan.FromMinutes(4))));
        await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync());
        app.Simulator.Faults.Clear();

        for (var second = 0; second < 60; second += 2)
        {
            await app.RecoverAsync();
            await app.AdvanceAsync(2, step: 0.5);
        }

        Assert.InRange((app.Refreshes[^1].Time - first).TotalSeconds, 1, 53);
        Assert.Equal(200, app.Refreshes[^1].StatusCode);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_success_ends_the_cooldown_and_starts_the_count_anew()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, TurnedAway);
        await CallEverySecondAsync(app, seconds: 60);
        app.Simulator.Faults.Clear();
        await app.AdvanceAsync(120, step: 5);
        await app.ResultAsync(app.TokenAsync());

        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, TurnedAway);
        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.InRange(
            (await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync())).RetryAfter!.Value.TotalSeconds,
            1.5,
            2.5);
    }

    [Fact]
    public async Task One_account_in_its_cooldown_does_not_hold_back_another()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.ConnectAsync("acct_two");
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TurnedAway);
        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        await app.Connections.GetAccessTokenAsync("acct_two");
    }

    [Fact]
    public async Task Connecting_again_ends_the_cooldown()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, TurnedAway);
        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        var again = await app.ConnectAsync();

        Assert.Equal(again.Tokens.AccessToken, await app.TokenAsync());
        await app.Connections.RefreshAsync(TestApp.Account);
    }

    [Fact]
    public async Task Recovery_and_keep_alive_keep_the_cooldown_too()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.Faults.Always(FaultTarget.Token, TurnedAway);
        app.Time.Advance(TimeSpan.FromDays(82));

        await app.RenewAsync();
        await app.RenewAsync();
        await app.RecoverAsync();

        Assert.Equal(1, app.CountRefreshes());
    }

    private static async Task CallEverySecondAsync(TestApp app, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
            await app.AdvanceAsync(1, step: 1);
        }
    }
}
