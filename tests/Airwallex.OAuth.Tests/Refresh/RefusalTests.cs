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
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => restarted.Connections.RefreshAsync(TestApp.Account));

        Assert.Equal(1, app.CountRefreshes());
        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.ReauthorizationRequired, stored.Status);
        Assert.Equal(later.Reason, stored.StatusReason);
        Assert.Null(stored.Attempt);
        Assert.Equal(stored.StatusReason, Assert.Single(app.Events.All, e => e.Kind == ConnectionEventKind.ReauthorizationRequired).Reason);
        app.Simulator.AssertNoBrokenRules();
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
        AirwallexConnection? theirs = null;
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(1)).Then(Fault.Status(400, """{"error":"invalid_grant"}""")));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        theirs = await app.ChangeStoredAsync(current => current with
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
        Assert.Equal(theirs, await app.StoredAsync());
    }

    [Fact]
    public async Task invalid_client_leaves_the_connection_Active_and_fails_fast_until_the_options_change()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.ChangeClientSecret("rotated-secret");
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
        app.Simulator.AssertNoBrokenRules();
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
        app.Simulator.AssertNoBrokenRules();
    }

    [Theory]
    [InlineData("<html>Maintenance</html>")]
    [InlineData("{\"access_token\":\"a\",\"acc")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"access_token":"a","account_id":"acct_one","expires_in":300,"refresh_token_expires_in":7776000,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"","account_id":"acct_one","expires_in":300,"refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a","account_id":"acct_one","expires_in":-1,"refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a","account_id":"acct_one","expires_in":"300","refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a b","account_id":"acct_one","expires_in":300,"refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a","account_id":"acct_two","expires_in":300,"refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a","account_id":"acct_one","expires_in":300,"refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"mac"}""")]
    public async Task A_malformed_answer_overwrites_nothing_and_is_recovered_inside_the_grace_period(string body)
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(body));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.False(failed.IsTransient);
        var stored = await app.StoredAsync();
        Assert.Equal(before.Tokens, stored.Tokens);
        Assert.Equal(ConnectionStatus.Active, stored.Status);
        Assert.NotNull(stored.Attempt); // The server may have rotated: the grace period runs.
        Assert.Null(await app.Store.Inner.FindAsync("acct_two"));

        await app.AdvanceAsync(3);
        await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();
        Assert.True(app.Refreshes[1].GraceReplay);
        Assert.Equal(ConnectionEventKind.Recovered, app.Events.Kinds.Last());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task Tokens_of_another_account_are_told_by_both_names_and_used_for_neither()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.ConnectAsync("acct_two");
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(
            """{"access_token":"stray","account_id":"acct_two","expires_in":300,"refresh_token":"r","refresh_token_expires_in":7776000,"token_type":"bearer"}"""));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.Contains("acct_one", failed.Message, StringComparison.Ordinal);
        Assert.Contains("acct_two", failed.Message, StringComparison.Ordinal);
        Assert.NotEqual("stray", await app.Connections.GetAccessTokenAsync("acct_two"));
    }
}
