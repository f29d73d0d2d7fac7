using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Connections;

[Collection(VirtualTime.Name)]
public sealed class ConnectTests
{
    [Fact]
    public async Task Connecting_exchanges_the_code_once_and_saves_the_connection()
    {
        await using var app = new TestApp();

        var connection = await app.ConnectAsync();
        await TestApp.SettleAsync();

        Assert.Equal(connection, await app.StoredAsync());
        Assert.Equal(app.Time.GetUtcNow(), connection.ConnectedAt);
        Assert.Equal(ConnectionStatus.Active, connection.Status);
        Assert.Equal([ConnectionEventKind.Connected], app.Events.Kinds);
        Assert.Single(app.Simulator.Journal);
        Assert.Equal(connection, await app.Connections.FindAsync(TestApp.Account));
    }

    [Fact]
    public async Task Connecting_again_replaces_the_tokens()
    {
        await using var app = new TestApp();
        var first = await app.ConnectAsync();

        var second = await app.ConnectAsync();

        Assert.Equal(2, second.Version);
        Assert.NotEqual(first.Tokens.RefreshToken, second.Tokens.RefreshToken);
        Assert.Equal(second.Tokens.AccessToken, await app.TokenAsync());
    }

    [Fact]
    public async Task A_refused_code_is_told_and_saves_nothing()
    {
        await using var app = new TestApp();

        var refused = await Assert.ThrowsAsync<TokenRequestException>(() => app.Connections.ConnectAsync("no-such-code"));

        Assert.Equal("invalid_grant", refused.Error);
        Assert.Single(app.Simulator.Journal);
    }

    [Fact]
    public async Task A_code_is_sent_again_only_when_it_surely_was_not_spent()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));
        await app.ResultAsync(app.ConnectAsync());
        Assert.Equal(2, app.Simulator.Journal.Count);

        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropAnswerAfterRotating());
        await app.FailureAsync<TokenRequestException>(app.ConnectAsync("acct_two"));

        Assert.Equal(3, app.Simulator.Journal.Count);
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task A_caller_who_gives_up_after_the_code_was_sent_loses_nothing()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayAnswer(TimeSpan.FromSeconds(1)));
        using var givesUp = new CancellationTokenSource();
        var connecting = app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account), cancellationToken: givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        await givesUp.CancelAsync();
        await app.AdvanceAsync(2);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task A_caller_who_has_already_given_up_spends_no_code()
    {
        await using var app = new TestApp();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => app.Connections.ConnectAsync("code", cancellationToken: new CancellationToken(canceled: true)));

        Assert.Empty(app.Simulator.Journal);
    }

    [Fact]
    public async Task A_connection_that_cannot_be_saved_is_told_to_the_caller_and_saved_later()
    {
        await using var app = new TestApp();
        var down = new IOException("The database is down.");
        app.Store.TrySave = _ => throw down;

        var failed = await app.FailureAsync<AirwallexOAuthException>(app.ConnectAsync());
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Contains("Critical SavingFails", string.Join('\n', app.Log.Lines), StringComparison.Ordinal);
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task A_connect_whose_write_failed_in_name_only_does_not_bring_spent_tokens_back()
    {
        await using var app = new TestApp();
        app.Store.TrySave = async connection =>
        {
            app.Store.TrySave = null;
            await app.Store.Inner.TrySaveAsync(connection);
            var stored = await app.StoredAsync();
            await app.Store.Inner.TrySaveAsync(stored with { Tokens = stored.Tokens with { AccessToken = "refreshed", RefreshToken = "rotated" } });
            throw new IOException("The connection broke before the answer.");
        };

        await app.ResultAsync(app.ConnectAsync());

        Assert.Equal("rotated", (await app.StoredAsync()).Tokens.RefreshToken);
    }

    [Theory]
    [InlineData(-3)] // The other instance's clock is behind.
    [InlineData(3)]
    public async Task A_connect_that_another_replaced_while_the_store_failed_leaves_the_other(int seconds)
    {
        await using var app = new TestApp();
        var another = Guid.NewGuid().ToString();
        app.Store.TrySave = async connection =>
        {
            app.Store.TrySave = null;
            await app.Store.Inner.TrySaveAsync(connection);
            var stored = await app.StoredAsync();
            await app.Store.Inner.TrySaveAsync(
                stored with { ConnectedAt = stored.ConnectedAt.AddSeconds(seconds), Tokens = stored.Tokens with { AccessToken = another, RefreshToken = another } });
            throw new IOException("The connection broke before the answer.");
        };

        var stands = await app.ResultAsync(app.ConnectAsync());

        Assert.Equal(another, stands.Tokens.RefreshToken);
        Assert.Equal(another, (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Equal(another, await app.TokenAsync());
    }

    [Fact]
    public async Task A_connect_that_is_saved_late_does_not_replace_a_later_one()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var earlier = await app.StoredAsync();
        app.Store.Find = _ => throw new IOException("This instance is cut off from the database.");
        var late = app.ConnectAsync();
        await app.AdvanceAsync(2);

        await app.Store.Inner.TrySaveAsync(earlier with { ConnectedAt = app.Time.GetUtcNow(), Tokens = earlier.Tokens with { RefreshToken = "later" } });
        app.Store.Find = null;
        await app.ResultAsync(late);

        Assert.Equal("later", (await app.StoredAsync()).Tokens.RefreshToken);
    }

    [Fact]
    public async Task A_reconnect_whose_first_read_failed_replaces_the_old_connection()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var old = await app.StoredAsync();
        await app.AdvanceAsync(60);
        app.Store.Find = _ =>
        {
            app.Store.Find = null;
            throw new IOException("The database is down.");
        };

        var connected = await app.ResultAsync(app.ConnectAsync());

        Assert.NotEqual(old.Tokens.RefreshToken, connected.Tokens.RefreshToken);
        Assert.Equal(connected.Tokens, (await app.StoredAsync()).Tokens);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public async Task An_empty_code_is_refused(string? code)
    {
        await using var app = new TestApp();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => app.Connections.ConnectAsync(code!));
    }

    [Fact]
    public async Task Without_a_redirect_uri_no_code_is_sent()
    {
        await using var app = new TestApp(options => options.RedirectUri = null);

        await Assert.ThrowsAsync<ArgumentException>(() => app.Connections.ConnectAsync("code"));
        Assert.Empty(app.Simulator.Journal);
    }

    [Fact]
    public async Task Connecting_while_a_refresh_of_the_old_tokens_is_in_flight_keeps_the_new_ones()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayAnswer(TimeSpan.FromSeconds(2)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        var again = await app.ConnectAsync();
        await app.AdvanceUntilAsync(call);

        Assert.Equal(again.Tokens.AccessToken, await app.TokenAsync());
        Assert.Equal(again.Tokens, (await app.StoredAsync()).Tokens);
    }
}
