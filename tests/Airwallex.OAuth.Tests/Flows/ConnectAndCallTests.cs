using System.Net;

namespace Airwallex.OAuth.Tests.Flows;

public sealed class ConnectAndCallTests
{
    [Fact]
    public async Task A_connected_account_is_called_with_its_own_token()
    {
        await using var app = new TestApp();
        var connection = await app.ConnectAsync("acct_one");

        using var response = await app.ClientOf("acct_one").GetAsync("api/v1/balances/current");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("acct_one", connection.AccountId);
        Assert.Equal(1, connection.Version);
        Assert.Equal(0, app.CountRefreshes());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task An_expired_access_token_is_refreshed_before_the_call()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(6));

        using var response = await app.ClientOf("acct_one").GetAsync("api/v1/account");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, app.CountRefreshes());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task A_thousand_callers_at_expiry_cost_one_refresh()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(6));

        var tokens = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Task.Run(() => app.Connections.GetAccessTokenAsync("acct_one"))));

        Assert.Single(tokens.Distinct());
        Assert.Equal(1, app.CountRefreshes());
        app.Simulator.AssertNoBrokenRules();
    }
}
