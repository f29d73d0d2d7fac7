using System.Net;

namespace Airwallex.OAuth.Tests.Support;

[Collection(VirtualTime.Name)]
public sealed class ConnectAndCallTests
{
    [Fact]
    public async Task A_connected_account_is_called_with_its_own_token()
    {
        await using var app = new TestApp();
        var connection = await app.ConnectAsync();

        using var response = await app.ClientOf().GetAsync("api/v1/balances/current");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(TestApp.Account, connection.Key.AccountId);
        Assert.Equal(0, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task An_expired_access_token_is_refreshed_before_the_call()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(6));

        using var response = await app.ClientOf().GetAsync("api/v1/account");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_customer_who_signs_up_is_connected_end_to_end()
    {
        await using var app = new TestApp();
        var (state, pkce) = (AuthorizationState.Create(), Pkce.Create());
        var url = app.Get<AuthorizeUrlBuilder>().Build(
            new AuthorizeRequest { State = state, SignUp = true, CodeChallenge = pkce.Challenge });

        var redirect = AuthorizationResponse.Parse(new Uri(app.Simulator.Authorize(url)));
        Assert.True(AuthorizationState.Matches(state, redirect.State));
        var connection = await app.Connections.ConnectAsync(
            redirect.Code!, new ConnectOptions { CodeVerifier = pkce.Verifier });

        using var response = await app.ClientOf(connection.AccountId).GetAsync("api/v1/account");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_customer_who_declines_comes_back_with_an_error()
    {
        await using var app = new TestApp();
        var url = app.Get<AuthorizeUrlBuilder>().Build(new AuthorizeRequest { State = "the-state" });

        var redirect = AuthorizationResponse.Parse(new Uri(app.Simulator.Decline(url)));

        Assert.Equal("access_denied", redirect.Error);
        Assert.Equal("the-state", redirect.State);
        Assert.Null(redirect.Code);
    }

    [Fact]
    public async Task Hours_of_calls_keep_to_every_rule_of_Airwallex()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var client = app.ClientOf();

        for (var minute = 0; minute < 180; minute++)
        {
            await app.AdvanceAsync(60, step: 20);
            using var response = await client.GetAsync("api/v1/account");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.InRange(app.CountRefreshes(), 36, 60);
        app.Simulator.AssertNoViolations();
    }
}
