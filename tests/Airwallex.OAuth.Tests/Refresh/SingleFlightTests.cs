using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

[Collection(VirtualTime.Name)]
public sealed class SingleFlightTests
{
    [Fact]
    public async Task A_thousand_callers_at_expiry_cost_one_refresh()
    {
        await using var app = new TestApp();
        var before = (await app.ConnectAsync()).Tokens.AccessToken;
        app.ExpireTokens();

        var tokens = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Task.Run(() => app.TokenAsync())));

        Assert.NotEqual(before, Assert.Single(tokens.Distinct()));
        Assert.Equal(1, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Two_instances_and_many_callers_cost_one_refresh()
    {
        await using var one = new TestApp();
        await using var two = new TestApp(beside: one);
        await one.ConnectAsync();
        one.ExpireTokens();
        one.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(1)));

        var tokens = await one.ResultAsync(Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => Task.Run(() => (i % 2 == 0 ? one : two).TokenAsync()))));

        Assert.Single(tokens.Distinct());
        Assert.Equal(1, one.CountRefreshes());
        one.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Accounts_are_refreshed_side_by_side_and_no_caller_gets_anothers_token()
    {
        await using var app = new TestApp();
        var ids = Enumerable.Range(0, 20).Select(i => $"acct_{i}").ToList();
        foreach (var id in ids)
        {
            await app.ConnectAsync(id);
        }

        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(2)));

        var calls = ids.Select(id => app.Connections.GetAccessTokenAsync(id)).ToList();
        await app.AdvanceAsync(2.5);

        Assert.All(calls, call => Assert.True(call.IsCompletedSuccessfully));
        foreach (var (id, call) in ids.Zip(calls))
        {
            Assert.Equal((await app.StoredAsync(id)).Tokens.AccessToken, await call);
        }
    }

    [Fact]
    public async Task A_caller_who_gives_up_frees_only_himself_and_the_token_is_saved_all_the_same()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(2)));
        using var givesUp = new CancellationTokenSource();
        var first = app.TokenAsync(givesUp.Token);
        var second = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await givesUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var token = await app.ResultAsync(second);
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task When_every_caller_gives_up_the_token_is_saved_all_the_same()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(2)));
        using var givesUp = new CancellationTokenSource();
        var call = app.TokenAsync(givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await givesUp.CancelAsync();
        await app.AdvanceAsync(3);

        Assert.True(call.IsCanceled);
        Assert.NotEqual(before.Tokens.RefreshToken, (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task A_forced_refresh_rotates_a_token_that_is_still_fresh()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();

        var after = await app.Connections.RefreshAsync(TestApp.Account);

        var stored = await app.StoredAsync();
        Assert.NotEqual(before.Tokens.RefreshToken, stored.Tokens.RefreshToken);
        Assert.Equal(stored.ToConnection().AccessTokenExpiresAt, after.AccessTokenExpiresAt);
        Assert.Equal(stored.Tokens.AccessToken, await app.TokenAsync());
    }

    [Fact]
    public async Task Forced_refreshes_that_are_asked_for_before_the_send_share_one()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var mayRead = new TaskCompletionSource();
        app.Store.Find = async key =>
        {
            await mayRead.Task;
            return await app.Store.Inner.FindAsync(key);
        };
        var both = Task.WhenAll(
            app.Connections.RefreshAsync(TestApp.Account), app.Connections.RefreshAsync(TestApp.Account));

        mayRead.SetResult();

        await app.ResultAsync(both);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_forced_refresh_returns_tokens_that_were_issued_after_it_was_called()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(2)));
        var first = app.Connections.RefreshAsync(TestApp.Account);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);
        await app.AdvanceAsync(1);
        var asked = app.Time.GetUtcNow();

        var second = await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));

        Assert.True(second.RefreshedAt >= asked);
        Assert.True((await first).RefreshedAt < asked);
        Assert.Equal(2, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task No_caller_waits_longer_than_30_s_and_the_refresh_goes_on()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.During(
            FaultTarget.Token, TimeSpan.FromSeconds(20), Fault.DelayResponse(TimeSpan.FromSeconds(38)));
        var asked = app.Time.GetUtcNow();

        var told = await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync());

        Assert.True(told.IsTransient);
        Assert.Equal(TimeSpan.FromSeconds(30), app.Time.GetUtcNow() - asked);
        await app.AdvanceAsync(40);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_fresh_token_in_the_store_needs_no_refresh()
    {
        await using var first = new TestApp();
        var connection = await first.ConnectAsync();
        await using var restarted = new TestApp(beside: first);

        Assert.Equal(connection.Tokens.AccessToken, await restarted.TokenAsync());
        Assert.Equal(0, first.CountRefreshes());
    }

    [Fact]
    public async Task An_account_that_was_never_connected_is_named()
    {
        await using var app = new TestApp();

        var missing = await Assert.ThrowsAsync<ConnectionNotFoundException>(
            () => app.Connections.GetAccessTokenAsync("acct_unknown"));

        Assert.Equal("acct_unknown", missing.AccountId);
        Assert.Contains("acct_unknown", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.Connections.RefreshAsync("acct_unknown"));
        Assert.Empty(app.Simulator.Journal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public async Task An_empty_account_id_is_refused(string? accountId)
    {
        await using var app = new TestApp();

        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await app.Connections.GetAccessTokenAsync(accountId!));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => app.Connections.RefreshAsync(accountId!));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => app.Connections.FindAsync(accountId!));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => app.Connections.DisconnectAsync(accountId!));
    }
}
