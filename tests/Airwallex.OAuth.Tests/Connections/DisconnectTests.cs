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
    public async Task A_disconnection_told_by_Airwallex_marks_the_connection_and_drops_its_token()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();

        Assert.True(await app.Connections.ReportDisconnectionAsync(TestApp.Account, "The customer disconnected."));

        var ended = await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.TokenAsync());
        Assert.Equal("The customer disconnected.", ended.Reason);
        Assert.Equal(ConnectionStatus.Disconnected, (await app.StoredAsync()).Status);
        Assert.Equal(0, app.CountRefreshes());
        Assert.Equal(ConnectionStatus.Active, (await app.ConnectAsync()).Status);
    }

    [Fact]
    public async Task A_disconnection_told_twice_is_one_event()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();

        Assert.True(await app.Connections.ReportDisconnectionAsync(TestApp.Account, "first"));
        Assert.True(await app.Connections.ReportDisconnectionAsync(TestApp.Account, "second"));
        await TestApp.SettleAsync();

        Assert.Equal("first", Assert.Single(app.Events.All, e => e.Kind == ConnectionEventKind.Disconnected).Reason);
    }

    [Fact]
    public async Task A_disconnection_from_before_the_customer_connected_again_is_ignored()
    {
        await using var app = new TestApp();
        var disconnectedAt = app.Time.GetUtcNow();
        app.Time.Advance(TimeSpan.FromMinutes(1));
        await app.ConnectAsync();

        Assert.False(await app.Connections.ReportDisconnectionAsync(TestApp.Account, "late", disconnectedAt));

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task There_is_nothing_to_mark_where_nothing_is_connected()
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
        await app.Connections.ReportDisconnectionAsync("acct_2", "reason");

        Assert.Equal(2, await app.Connections.ListAsync().CountAsync());
        var active = await app.Connections.ListAsync(new ConnectionFilter { Status = ConnectionStatus.Active }).ToListAsync();
        Assert.Equal("acct_1", Assert.Single(active).AccountId);
    }
}
