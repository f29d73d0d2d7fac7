using System.Net;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Refusals, and answers that cannot be used.</summary>
[Collection(VirtualTime.Name)]
public sealed class RefusalTests
{
    [Theory]
    [InlineData(TokenErrorFormat.OAuth)]
    [InlineData(TokenErrorFormat.Airwallex)]
    public async Task invalid_grant_is_sent_for_once_and_told_to_every_later_caller(TokenErrorFormat format)
    {
        await using var app = new TestApp(simulated: new AirwallexSimulatorOptions { TokenErrorFormat = format });
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();

        var calls = Enumerable.Range(0, 50).Select(_ => Task.Run(() => app.TokenAsync())).ToList();
        await app.AdvanceUntilAsync(Task.WhenAll(calls));

        foreach (var call in calls)
        {
            var refused = await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => call);
            Assert.Equal(TestApp.Account, refused.AccountId);
            Assert.Contains("invalid_grant", refused.Reason, StringComparison.Ordinal);
        }

        await app.AdvanceAsync(600, step: 20);
        var later = await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.TokenAsync());
        await using var restarted = new TestApp(beside: app);
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => restarted.TokenAsync());
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(
            () => restarted.Connections.RefreshAsync(TestApp.Account));

        Assert.Equal(1, app.CountRefreshes());
        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.ReauthorizationRequired, stored.Status);
        Assert.Equal(later.Reason, stored.StatusReason);
        Assert.Null(stored.Attempt);
        Assert.Equal(
            stored.StatusReason,
            Assert.Single(app.Events.All, e => e.Kind == ConnectionEventKind.ReauthorizationRequired).Reason);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_lost_admin_role_requires_authorization_too()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RemoveAdminRole(TestApp.Account);
        app.ExpireTokens();

        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.TokenAsync());
    }

    [Fact]
    public async Task A_customer_who_authorizes_again_is_active_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.TokenAsync());

        var again = await app.ConnectAsync();

        Assert.Equal(ConnectionStatus.Active, again.Status);
        Assert.Null(again.StatusReason);
        Assert.Equal(again.Tokens.AccessToken, await app.TokenAsync());
    }

    [Fact]
    public async Task invalid_grant_for_a_token_that_another_instance_has_replaced_ends_nothing()
    {
        ConnectionState? theirs = null;
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token,
            Fault.Delay(TimeSpan.FromSeconds(1)).Then(Fault.Status(400, """{"error":"invalid_grant"}""")));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        theirs = await app.ChangeStoredAsync(current => current with
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
        Assert.Equal(theirs.Version, (await app.StoredAsync()).Version);
    }

    [Fact]
    public async Task invalid_client_leaves_the_connection_Active_and_fails_fast_until_the_options_change()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.DefaultClient.ChangeSecret("rotated-secret");
        app.ExpireTokens();

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
        var again = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.Equal("invalid_client", failed.Error);
        Assert.False(failed.IsTransient);
        Assert.Equal("invalid_client", again.Error);
        Assert.Equal(1, app.CountRefreshes());
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
        Assert.Null((await app.StoredAsync()).Attempt); // A 401 rotates nothing.

        app.Reconfigure(options => options.ClientSecret = "rotated-secret");
        await app.TokenAsync();
        app.Simulator.AssertNoViolations();
    }

    [Theory]
    [InlineData(400, "invalid_request")]
    [InlineData(403, "unauthorized_client")]
    [InlineData(404, "not_found")]
    [InlineData(302, "moved")]
    public async Task Other_refusals_leave_the_connection_untouched_and_are_not_repeated(int status, string error)
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(status, $$"""{"error":"{{error}}"}"""));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.Equal((HttpStatusCode)status, failed.StatusCode);
        Assert.Equal(error, failed.Error);
        Assert.Equal(1, app.CountRefreshes());
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
        await app.AdvanceAsync(3);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
    }

    [Theory]
    [InlineData("<html>Maintenance</html>")]
    [InlineData("{\"access_token\":\"a\",\"acc")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"access_token":"a","account_id":"acct_one","expires_in":300,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a","account_id":"acct_one","expires_in":300,"refresh_token":""}""")]
    [InlineData("""{"access_token":"a","account_id":"acct_two","expires_in":300,"refresh_token":"r"}""")]
    public async Task A_response_without_a_sound_refresh_token_of_the_account_overwrites_nothing_and_counts_as_lost(
        string body)
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(body));

        var token = await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.True(app.Refreshes[1].GraceReplay);
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Null(await app.FindStoredAsync("acct_two"));
        Assert.Equal(ConnectionEventKind.Recovered, app.Events.Kinds.Last());
        app.Simulator.AssertNoViolations();
    }

    [Theory]
    [InlineData("access_token", "\"a b\"")]
    [InlineData("access_token", "null")]
    [InlineData("access_token", "17")]
    [InlineData("expires_in", "\"300\"")]
    [InlineData("expires_in", "-1")]
    [InlineData("expires_in", "{}")]
    [InlineData("scope", "[\"a\",\"b\"]")]
    [InlineData("scope", "7")]
    [InlineData("token_type", "\"mac\"")]
    [InlineData("account_id", "null")]
    [InlineData("refresh_token_expires_in", "\"soon\"")]
    public async Task A_sound_refresh_token_is_saved_whatever_else_is_odd(string field, string json)
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Field(field, json));

        var refresh = app.Connections.RefreshAsync(TestApp.Account);
        await app.AdvanceUntilAsync(refresh);

        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Equal(1, app.CountRefreshes());
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning OddTokenResponse", StringComparison.Ordinal));
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Another_applications_client_id_in_the_configuration_ends_nothing_and_says_whose_it_is()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Reconfigure(options => options.ClientId = "another-client-id");

        var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());
        Assert.Contains("simulated-client-id", failed.Message, StringComparison.Ordinal);
        Assert.IsNotType<ConnectionNotFoundException>(failed);
        Assert.False(failed.IsTransient);
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Connections.FindAsync(TestApp.Account));
        app.Reconfigure(options => options.ClientId = "simulated-client-id");

        await app.ResultAsync(app.TokenAsync());
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task A_refusal_of_another_token_endpoint_is_no_proof()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(400, """{"error":"invalid_grant"}"""));
        app.Reconfigure(options => options.TokenEndpoint = new Uri("http://localhost:1/oauth/token"));

        var failed = await app.FailureAsync<TokenRequestException>(app.TokenAsync());

        Assert.False(failed.IsTransient);
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }
}
