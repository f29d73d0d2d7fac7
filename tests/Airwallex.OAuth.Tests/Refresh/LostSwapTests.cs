using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Somebody else wrote between our note and our save.</summary>
[Collection(VirtualTime.Name)]
public sealed class LostSwapTests
{
    [Fact]
    public async Task An_answer_that_repeats_the_access_token_saves_the_new_refresh_token()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(
            $$"""{"access_token":"{{before.Tokens.AccessToken}}","account_id":"{{TestApp.Account}}","expires_in":300,"refresh_token":"next","refresh_token_expires_in":7776000,"token_type":"bearer"}"""));

        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));

        Assert.Equal("next", (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task An_answer_that_repeats_both_tokens_clears_the_note()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(1));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(
            $$"""{"access_token":"{{before.Tokens.AccessToken}}","account_id":"{{TestApp.Account}}","expires_in":300,"refresh_token":"{{before.Tokens.RefreshToken}}","refresh_token_expires_in":7776000,"token_type":"bearer"}"""));

        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));

        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task When_the_customer_has_reconnected_meanwhile_theirs_stands()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        AirwallexConnection? again = null;
        BeforeSaving(app, async () => again = await app.ConnectAsync());

        var token = await app.ResultAsync(app.TokenAsync());

        Assert.Equal(again, await app.StoredAsync());
        Assert.Equal(again!.Tokens.AccessToken, token);
        Assert.Equal(token, await app.TokenAsync());
    }

    [Fact]
    public async Task When_the_account_was_disconnected_meanwhile_it_stays_disconnected()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.Connections.DisconnectAsync(TestApp.Account));

        await app.FailureAsync<ConnectionNotFoundException>(app.TokenAsync());

        Assert.Null(await app.FindStoredAsync());
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.TokenAsync());
    }

    [Fact]
    public async Task When_Airwallex_says_disconnected_meanwhile_it_stays_disconnected()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected."));

        await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());

        Assert.Equal(ConnectionStatus.Disconnected, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task When_only_the_note_is_new_the_others_lease_is_waited_out_and_ours_is_saved()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var leaseEnd = app.Time.GetUtcNow().AddSeconds(10);
        BeforeSaving(app, () => app.ChangeStoredAsync(current => current with
        {
            Attempt = new RefreshAttempt { Id = Guid.NewGuid(), FirstSentAt = app.Time.GetUtcNow(), LeaseExpiresAt = leaseEnd },
        }));

        var call = app.TokenAsync();
        await app.AdvanceAsync(9.5);
        Assert.NotNull((await app.StoredAsync()).Attempt);
        var token = await app.ResultAsync(call);

        var stored = await app.StoredAsync();
        Assert.Equal(token, stored.Tokens.AccessToken);
        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), stored.Tokens.RefreshToken);
        Assert.Equal(1, app.CountRefreshes());

        // The other may have superseded what was saved, so it is refreshed at once, not at leisure.
        await app.RecoverAsync();
        Assert.Equal(2, app.CountRefreshes());
        Assert.Null((await app.StoredAsync()).Attempt);
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task When_another_instance_has_saved_its_answer_theirs_stands()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.ChangeStoredAsync(current => current with
        {
            Attempt = null,
            Tokens = current.Tokens with
            {
                AccessToken = "theirs",
                RefreshToken = "theirs too",
                AccessTokenExpiresAt = app.Time.GetUtcNow().AddMinutes(5),
            },
        }));

        Assert.Equal("theirs", await app.ResultAsync(app.TokenAsync()));
        Assert.Equal("theirs too", (await app.StoredAsync()).Tokens.RefreshToken);
    }

    [Fact]
    public async Task A_swap_that_is_lost_before_sending_is_followed_by_a_fresh_read()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        AirwallexConnection? again = null;
        app.Store.TrySave = async connection =>
        {
            app.Store.TrySave = null;
            again = await app.ConnectAsync();
            return await app.Store.Inner.TrySaveAsync(connection);
        };

        var token = await app.ResultAsync(app.TokenAsync());

        Assert.Equal(again!.Tokens.AccessToken, token);
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task Disconnecting_during_a_refresh_leaves_no_token_behind()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(Testing.FaultTarget.Token, Testing.Fault.Delay(TimeSpan.FromSeconds(2)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        await app.Connections.DisconnectAsync(TestApp.Account);

        await app.FailureAsync<ConnectionNotFoundException>(call);
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.TokenAsync());
        Assert.Null(await app.FindStoredAsync());
    }

    private static void BeforeSaving(TestApp app, Func<Task> act) => app.Store.TrySave = async connection =>
    {
        if (connection.Attempt is null)
        {
            app.Store.TrySave = null;
            await act();
        }

        return await app.Store.Inner.TrySaveAsync(connection);
    };
}
