using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

[Collection(VirtualTime.Name)]
public sealed class RefreshAheadTests
{
    [Fact]
    public async Task A_refresh_of_700_ms_no_caller_feels_it()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromMilliseconds(700)));

        for (var second = 0; second < 900; second++)
        {
            await app.AdvanceAsync(1, step: 1);
            Assert.True(app.TokenAsync().IsCompletedSuccessfully, $"A caller waited in second {second}.");
        }

        Assert.InRange(app.CountRefreshes(), 3, 4); // Every 240 s or a little later.
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Only_with_the_expiry_skew_or_less_left_does_a_caller_wait()
    {
        await using var app = new TestApp();
        var old = (await app.ConnectAsync()).Tokens.AccessToken;
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(3)));

        app.Time.Advance(TimeSpan.FromSeconds(289));
        Assert.Equal(old, await app.TokenAsync());
        app.Time.Advance(TimeSpan.FromSeconds(2));
        var waits = app.TokenAsync();
        await TestApp.SettleAsync();

        Assert.False(waits.IsCompleted);
        Assert.NotEqual(old, await app.ResultAsync(waits));
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task Before_the_time_to_refresh_ahead_nothing_is_sent()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();

        app.Time.Advance(TimeSpan.FromSeconds(239));
        await app.TokenAsync();
        await TestApp.SettleAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task When_refreshing_ahead_fails_callers_go_on_with_the_token_that_is_still_valid()
    {
        await using var app = new TestApp();
        var old = (await app.ConnectAsync()).Tokens.AccessToken;
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        for (var second = 0; second < 299; second++)
        {
            await app.AdvanceAsync(1, step: 0.5);
            Assert.Equal(old, await app.ResultAsync(app.TokenAsync(), step: 0.05));
            if (app.Time.GetUtcNow() - app.Time.Start > TimeSpan.FromSeconds(290))
            {
                break; // From here on the retries themselves take what is left.
            }
        }

        Assert.InRange(app.CountRefreshes(), 4, 40);
    }

    [Fact]
    public async Task A_caller_who_must_wait_gets_the_token_that_is_still_valid_when_the_refresh_fails()
    {
        await using var app = new TestApp();
        var old = (await app.ConnectAsync()).Tokens.AccessToken;
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(401, """{"error":"invalid_client"}"""));
        app.Time.Advance(TimeSpan.FromSeconds(295));

        Assert.Equal(old, await app.TokenAsync());
        app.Time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
    }

    [Fact]
    public async Task Without_a_host_nothing_is_refreshed_that_nobody_waits_for()
    {
        await using var app = new TestApp(hasHost: false);
        await app.ConnectAsync();

        app.Time.Advance(TimeSpan.FromSeconds(280));
        await app.TokenAsync();
        await TestApp.SettleAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task With_RefreshAhead_zero_nothing_is_refreshed_in_the_background()
    {
        await using var app = new TestApp(options => options.RefreshAhead = TimeSpan.Zero);
        await app.ConnectAsync();

        app.Time.Advance(TimeSpan.FromSeconds(289));
        await app.TokenAsync();
        await TestApp.SettleAsync();

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task Tokens_of_a_few_seconds_are_not_refreshed_on_each_request()
    {
        await using var app = new TestApp(
            simulated: new AirwallexSimulatorOptions { AccessTokenLifetime = TimeSpan.FromSeconds(8) });
        await app.ConnectAsync();

        for (var call = 0; call < 200; call++)
        {
            await app.AdvanceAsync(0.2, step: 0.2);
            await app.ResultAsync(app.TokenAsync());
        }

        Assert.InRange(app.CountRefreshes(), 4, 14); // 40 s.
    }

    [Fact]
    public async Task A_clock_that_is_minutes_ahead_of_Airwallexs_costs_no_refresh()
    {
        await using var app = new TestApp(clock: time => new SkewedTime(time, TimeSpan.FromSeconds(330)));
        await app.ConnectAsync();

        await app.ResultAsync(Task.WhenAll(Enumerable.Range(0, 50).Select(_ => app.TokenAsync())));

        Assert.Equal(0, app.CountRefreshes()); // Lifetimes count from the send: the two clocks never meet.
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task Instances_whose_clocks_differ_by_5_s_keep_to_the_rules(int seconds)
    {
        await using var one = new TestApp();
        await using var two = new TestApp(
            beside: one, clock: time => new SkewedTime(time, TimeSpan.FromSeconds(seconds)));
        await one.ConnectAsync();

        for (var call = 0; call < 200; call++)
        {
            await one.AdvanceAsync(7, step: 3.5);
            await one.ResultAsync(Task.WhenAll(one.TokenAsync(), two.TokenAsync()));
        }

        one.Simulator.AssertNoViolations();
    }
}
