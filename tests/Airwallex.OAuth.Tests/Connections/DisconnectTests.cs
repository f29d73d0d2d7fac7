using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Connections;

[Collection(VirtualTime.Name)]
public sealed class DisconnectTests
{
    [Fact]
    public async Task Disconnecting_deletes_the_connection_and_drops_its_token()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();

        await app.Connections.DisconnectAsync(TestApp.Account);
        await TestApp.SettleAsync();

        Assert.Null(await app.Connections.FindAsync(TestApp.Account));
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.TokenAsync());
        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Disconnected], app.Events.Kinds);
    }

    [Fact]
    public async Task Disconnecting_an_account_that_is_not_connected_does_no_harm()
    {
        await using var app = new TestApp();

        await app.Connections.DisconnectAsync("acct_unknown");
    }

    [Fact]
    public async Task A_connection_that_is_made_anew_meanwhile_stays()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var reads = 0;
        app.Store.Find = async key =>
        {
            var found = await app.Store.Inner.FindAsync(key);
            if (++reads == 1)
            {
                await app.ChangeStoredAsync(current => current with { AuthorizationId = "another" });
            }

            return found;
        };

        await app.Connections.DisconnectAsync(TestApp.Account);

        Assert.Equal("another", (await app.StoredAsync()).AuthorizationId);
    }

    [Fact]
    public async Task Disconnecting_reads_again_when_a_refresh_has_saved_meanwhile()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var reads = 0;
        app.Store.Find = async key =>
        {
            var found = await app.Store.Inner.FindAsync(key);
            if (++reads == 1)
            {
                await app.ChangeStoredAsync(
                    current => current with { Tokens = current.Tokens with { RefreshToken = "rotated" } });
            }

            return found;
        };

        await app.Connections.DisconnectAsync(TestApp.Account);

        Assert.Null(await app.FindStoredAsync());
    }

    [Fact]
    public async Task A_reported_disconnection_that_Airwallex_confirms_ends_the_connection_with_the_events_words()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);

        Assert.True(await app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected."));
        await TestApp.SettleAsync();

        var ended = await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.TokenAsync());
        Assert.Equal("The customer disconnected.", ended.Reason);
        Assert.Equal(ConnectionStatus.Disconnected, (await app.StoredAsync()).Status);
        Assert.Equal(
            "The customer disconnected.",
            Assert.Single(app.Events.All, e => e.Kind == ConnectionEventKind.Disconnected).Reason);
        Assert.Equal(ConnectionStatus.Active, (await app.ConnectAsync()).Status);
    }

    [Fact]
    public async Task A_reported_disconnection_that_is_late_or_replayed_changes_nothing()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();

        for (var replay = 0; replay < 3; replay++)
        {
            Assert.True(await app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected."));
            await TestApp.SettleAsync();
        }

        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.Active, stored.Status);
        Assert.Null(stored.ReportedReason);
        Assert.True(stored.RenewAt > app.Time.GetUtcNow().AddDays(50));
        Assert.Equal(3, app.CountRefreshes());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_report_that_cannot_be_proved_now_is_stored_for_the_keep_alive()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503), times: 4);
        await app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected.");
        await app.AdvanceAsync(10);
        app.Simulator.RevokeByUser(TestApp.Account);
        await using var restarted = new TestApp(beside: app);

        await restarted.RenewAsync();

        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.Disconnected, stored.Status);
        Assert.Equal("The customer disconnected.", stored.StatusReason);
    }

    [Fact]
    public async Task A_connection_that_had_ended_by_itself_gets_the_events_words()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.TokenAsync());

        await app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected.");

        var stored = await app.StoredAsync();
        Assert.Equal(ConnectionStatus.Disconnected, stored.Status);
        Assert.Equal("The customer disconnected.", stored.StatusReason);
    }

    [Fact]
    public async Task There_is_nothing_to_report_where_nothing_is_connected()
    {
        await using var app = new TestApp();

        Assert.False(await app.Connections.ReportDisconnectionAsync("acct_unknown", "reason"));
    }

    [Fact]
    public async Task Connections_are_listed_by_status()
    {
        await using var app = new TestApp();
        await app.ConnectAsync("acct_1");
        await app.ConnectAsync("acct_2");
        await app.ChangeStoredAsync(current => current with { Status = ConnectionStatus.Disconnected }, "acct_2");

        Assert.Equal(2, (await app.Connections.ListAsync().ReadAllAsync()).Count);
        var active = await app.Connections.ListAsync(ConnectionStatus.Active).ReadAllAsync();
        Assert.Equal("acct_1", Assert.Single(active).AccountId);
    }
}
