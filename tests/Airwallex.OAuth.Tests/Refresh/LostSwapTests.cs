using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Another instance wrote between our attempt and our save.</summary>
[Collection(VirtualTime.Name)]
public sealed class LostSwapTests
{
    [Fact]
    public async Task A_response_that_repeats_the_access_token_saves_the_new_refresh_token()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(
            $$"""
            {"access_token":"{{before.Tokens.AccessToken}}","account_id":"{{TestApp.Account}}","expires_in":300,
             "refresh_token":"next","refresh_token_expires_in":7776000,"token_type":"bearer"}
            """));

        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));

        Assert.Equal("next", (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task A_response_that_repeats_both_tokens_ends_the_attempt()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.Time.Advance(TimeSpan.FromMinutes(1));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Body(
            $$"""
            {"access_token":"{{before.Tokens.AccessToken}}","account_id":"{{TestApp.Account}}","expires_in":300,
             "refresh_token":"{{before.Tokens.RefreshToken}}","refresh_token_expires_in":7776000,"token_type":"bearer"}
            """));

        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));

        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task When_the_customer_has_reconnected_meanwhile_theirs_stays()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        ConnectionState? again = null;
        BeforeSaving(app, async () => again = await app.ConnectAsync());

        var token = await app.ResultAsync(app.TokenAsync());

        Assert.Equal(again!.Version, (await app.StoredAsync()).Version);
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
    public async Task When_the_connection_was_ended_meanwhile_for_that_same_token_the_response_proves_otherwise()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.ChangeStoredAsync(current => current with
        {
            Status = ConnectionStatus.ReauthorizationRequired,
            StatusReason = "Another instance was refused.",
            Attempt = null,
            RecoverAt = null,
        }));

        var token = await app.ResultAsync(app.TokenAsync());

        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.Active, stored.Status);
        Assert.Null(stored.StatusReason);
        Assert.Equal(token, stored.Tokens.AccessToken);
        Assert.NotNull(stored.RecoverAt); // Due at once.
    }

    [Fact]
    public async Task A_report_of_a_disconnection_that_comes_meanwhile_is_not_forgotten()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.ChangeStoredAsync(current => current with
        {
            ReportedReason = "The customer disconnected.",
            RenewAt = app.Time.GetUtcNow(),
        }));

        await app.ResultAsync(app.TokenAsync());

        var stored = await app.StoredAsync();
        Assert.Equal("The customer disconnected.", stored.ReportedReason);
        Assert.True(stored.RenewAt <= app.Time.GetUtcNow()); // The keep-alive asks for the proof.
    }

    [Fact]
    public async Task When_only_the_attempt_is_new_ours_is_saved_at_once_and_due_with_the_others_lease()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        RefreshAttempt? theirs = null;
        BeforeSaving(app, async () => theirs = await app.LeaveAttemptAsync(leaseEndsIn: 10));

        var token = await app.ResultAsync(app.TokenAsync());

        var stored = await app.StoredAsync();
        Assert.Equal(token, stored.Tokens.AccessToken);
        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), stored.Tokens.RefreshToken);
        Assert.Null(stored.Attempt);
        Assert.Equal(theirs!.LeaseExpiresAt, stored.RecoverAt);

        // A later pair may still be on its way to the other: until its lease is over, callers do not send ours.
        var forced = app.Connections.RefreshAsync(TestApp.Account);
        await app.AdvanceAsync(8);
        Assert.Equal(1, app.CountRefreshes());
        Assert.False(forced.IsCompleted);

        // The other may have superseded what was saved, so it is refreshed then.
        await app.AdvanceAsync(3);
        await forced;
        Assert.Equal(2, app.CountRefreshes());
        Assert.Null((await app.StoredAsync()).RecoverAt);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task What_was_saved_over_an_attempt_stays_due_until_it_could_be_sent()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.LeaveAttemptAsync(leaseEndsIn: 10));
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(401, """{"error":"invalid_client"}"""));

        await app.AdvanceAsync(11);
        await app.RecoverAsync();
        Assert.Equal(2, app.CountRefreshes());
        Assert.NotNull((await app.StoredAsync()).RecoverAt);
        await app.AdvanceAsync(3);
        await app.RecoverAsync();

        Assert.Equal(3, app.CountRefreshes());
        Assert.Null((await app.StoredAsync()).RecoverAt);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task When_another_instance_has_saved_a_pair_issued_later_theirs_stays()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        BeforeSaving(app, () => app.ChangeStoredAsync(current => current with
        {
            Attempt = null,
            RecoverAt = null,
            Tokens = current.Tokens with
            {
                IssuedAt = app.Time.GetUtcNow().AddSeconds(1),
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
        ConnectionState? again = null;
        app.Store.TrySave = async (connection, expected) =>
        {
            app.Store.TrySave = null;
            again = await app.ConnectAsync();
            return await app.Store.Inner.TrySaveAsync(connection, expected);
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
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await app.Connections.DisconnectAsync(TestApp.Account);

        await app.FailureAsync<ConnectionNotFoundException>(call);
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.TokenAsync());
        Assert.Null(await app.FindStoredAsync());
    }

    private static void BeforeSaving(TestApp app, Func<Task> act) => app.Store.TrySave = async (connection, expected) =>
    {
        if (ConnectionSerializer.ReadAttempt(connection) is null)
        {
            app.Store.TrySave = null;
            await act();
        }

        return await app.Store.Inner.TrySaveAsync(connection, expected);
    };
}
