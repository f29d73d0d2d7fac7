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

        Assert.Equal(app.Time.GetUtcNow(), connection.ConnectedAt);
        Assert.Equal(ConnectionStatus.Active, connection.Status);
        Assert.Equal([ConnectionEventKind.Connected], app.Events.Kinds);
        Assert.Single(app.Simulator.Journal);
        Assert.Equal(
            connection.ToConnection().ToString(), (await app.Connections.FindAsync(TestApp.Account))!.ToString());
    }

    [Fact]
    public async Task Connecting_again_replaces_the_tokens()
    {
        await using var app = new TestApp();
        var first = await app.ConnectAsync();

        var second = await app.ConnectAsync();

        Assert.NotEqual(first.AuthorizationId, second.AuthorizationId);
        Assert.NotEqual(first.Tokens.RefreshToken, second.Tokens.RefreshToken);
        Assert.Equal(second.Tokens.AccessToken, await app.TokenAsync());
    }

    [Fact]
    public async Task A_refused_code_is_told_and_saves_nothing()
    {
        await using var app = new TestApp();

        var refused = await Assert.ThrowsAsync<TokenRequestException>(
            () => app.Connections.ConnectAsync("no-such-code"));

        Assert.Equal("invalid_grant", refused.Error);
        Assert.Single(app.Simulator.Journal);
    }

    [Fact]
    public async Task A_code_is_sent_again_only_when_it_was_definitely_not_used()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));
        await app.ResultAsync(app.ConnectAsync());
        Assert.Equal(2, app.Simulator.Journal.Count);

        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());
        await app.FailureAsync<TokenRequestException>(app.ConnectAsync("acct_two"));

        Assert.Equal(3, app.Simulator.Journal.Count);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_caller_who_gives_up_after_the_code_was_sent_loses_nothing()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(1)));
        using var givesUp = new CancellationTokenSource();
        var connecting = app.Connections.ConnectAsync(
            app.Simulator.ConnectAccount(TestApp.Account), cancellationToken: givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await givesUp.CancelAsync();
        await app.AdvanceAsync(2);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task A_caller_who_has_already_given_up_uses_up_no_code()
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
        app.Store.TrySave = (_, _) => throw down;

        var failed = await app.FailureAsync<AirwallexOAuthException>(
            app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account)));
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Contains("Critical SavingFails", string.Join('\n', app.Log.Lines), StringComparison.Ordinal);
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task A_connect_whose_write_failed_in_name_only_does_not_bring_used_tokens_back()
    {
        await using var app = new TestApp();
        app.Store.TrySave = async (connection, expected) =>
        {
            app.Store.TrySave = null;
            await app.Store.Inner.TrySaveAsync(connection, expected);
            await app.ChangeStoredAsync(current => current with
            {
                Tokens = current.Tokens with { AccessToken = "refreshed", RefreshToken = "rotated" },
            });
            throw new IOException("The connection broke before the response.");
        };

        await app.ResultAsync(app.ConnectAsync());

        Assert.Equal("rotated", (await app.StoredAsync()).Tokens.RefreshToken);
    }

    [Fact]
    public async Task A_connect_that_another_replaced_while_the_store_failed_leaves_the_other()
    {
        await using var app = new TestApp();
        app.Store.TrySave = async (connection, expected) =>
        {
            app.Store.TrySave = null;
            await app.Store.Inner.TrySaveAsync(connection, expected);
            await app.ChangeStoredAsync(current => current with
            {
                AuthorizationId = "another",
                Tokens = current.Tokens with { AccessToken = "another", RefreshToken = "another" },
            });
            throw new IOException("The connection broke before the response.");
        };

        await app.ResultAsync(app.ConnectAsync());

        Assert.Equal("another", (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Equal("another", await app.TokenAsync());
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

        await app.ChangeStoredAsync(current => current with
        {
            AuthorizationId = "later",
            Tokens = earlier.Tokens with { RefreshToken = "later", IssuedAt = app.Time.GetUtcNow() },
        });
        app.Store.Find = null;
        await app.ResultAsync(late);

        Assert.Equal("later", (await app.StoredAsync()).Tokens.RefreshToken);
    }

    [Fact]
    public async Task A_reconnect_whose_first_read_failed_replaces_the_old_connection()
    {
        await using var app = new TestApp();
        var old = await app.ConnectAsync();
        await app.AdvanceAsync(60);
        app.Store.Find = _ =>
        {
            app.Store.Find = null;
            throw new IOException("The database is down.");
        };

        var connected = await app.ResultAsync(app.ConnectAsync());

        Assert.NotEqual(old.Tokens.RefreshToken, connected.Tokens.RefreshToken);
    }

    [Fact]
    public async Task The_exchange_of_a_code_waits_60_s_for_its_response()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(55)));

        await app.ResultAsync(app.ConnectAsync());

        Assert.Single(app.Simulator.Journal);
    }

    [Fact]
    public async Task OnConnecting_sees_the_account_and_the_existing_connection_before_anything_is_saved()
    {
        await using var app = new TestApp();
        var first = await app.ConnectAsync();
        ConnectingAccount? seen = null;
        ConnectionState? storedThen = null;
        var options = new ConnectOptions
        {
            OnConnecting = async (account, _) => (seen, storedThen) = (account, await app.StoredAsync()),
        };

        await app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account), options);

        Assert.Equal(TestApp.Account, seen!.AccountId);
        Assert.Equal(ConnectionStatus.Active, seen.Existing!.Status);
        Assert.Equal(first.Version, storedThen!.Version);
    }

    [Fact]
    public async Task What_OnConnecting_throws_refuses_the_connection_and_reaches_the_caller()
    {
        await using var app = new TestApp();
        var refusal = new InvalidOperationException("This account belongs to another tenant.");
        var options = new ConnectOptions { OnConnecting = (_, _) => throw refusal };

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account), options));

        Assert.Same(refusal, thrown);
        Assert.Null(await app.FindStoredAsync());
    }

    [Fact]
    public async Task A_refused_connect_leaves_an_active_connection_and_asks_whether_it_lives()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        var options = new ConnectOptions { OnConnecting = (_, _) => throw new InvalidOperationException("No.") };

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account), options));
        await TestApp.SettleAsync();

        Assert.Equal(before.AuthorizationId, (await app.StoredAsync()).AuthorizationId);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task OnConnecting_is_asked_once_the_store_responds_though_the_caller_was_told_that_it_fails()
    {
        await using var app = new TestApp();
        app.Store.Failure = new IOException("The database is gone.");
        var asked = 0;
        var options = new ConnectOptions
        {
            OnConnecting = (_, _) =>
            {
                asked++;
                return Task.CompletedTask;
            },
        };

        var told = await app.FailureAsync<AirwallexOAuthException>(
            app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account), options));
        await app.AdvanceAsync(20);
        var askedWhileItFailed = asked;
        app.Store.Failure = null;
        await app.AdvanceAsync(3);

        Assert.Contains("cannot be saved", told.Message, StringComparison.Ordinal);
        Assert.Equal((0, 1), (askedWhileItFailed, asked));
        Assert.True((await app.StoredAsync()).IsActive);
    }

    [Fact]
    public async Task OnConnecting_has_30_s()
    {
        await using var app = new TestApp();
        var options = new ConnectOptions { OnConnecting = (_, _) => new TaskCompletionSource().Task };
        var started = app.Time.GetUtcNow();

        await app.FailureAsync<TimeoutException>(
            app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account), options));

        Assert.InRange((app.Time.GetUtcNow() - started).TotalSeconds, 30, 31);
        Assert.Null(await app.FindStoredAsync());
    }

    [Fact]
    public async Task A_connect_whose_caller_gave_up_logs_its_failure()
    {
        await using var app = new TestApp();
        app.Simulator.Faults.Next(FaultTarget.Token,
            Fault.Delay(TimeSpan.FromSeconds(1)).Then(Fault.Status(400, """{"error":"invalid_grant"}""")));
        using var givesUp = new CancellationTokenSource();
        var connecting = app.Connections.ConnectAsync(
            app.Simulator.ConnectAccount(TestApp.Account), cancellationToken: givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        await givesUp.CancelAsync();
        await app.AdvanceAsync(2);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning ConnectFailed", StringComparison.Ordinal));
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
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(2)));
        var call = app.TokenAsync();
        await app.AdvanceUntilAsync(() => app.Simulator.DelayedRequests == 1);

        var again = await app.ConnectAsync();
        await app.AdvanceUntilAsync(call);

        Assert.Equal(again.Tokens.AccessToken, await app.TokenAsync());
        Assert.Equal(again.Tokens.RefreshToken, (await app.StoredAsync()).Tokens.RefreshToken);
    }
}
