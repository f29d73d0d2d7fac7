using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Connections;

/// <summary>Stores that break their contract: a clear exception, nothing sent, nothing overwritten.</summary>
[Collection(VirtualTime.Name)]
public sealed class BadStoreTests
{
    [Fact]
    public async Task A_store_that_throws_is_named_with_the_account_by_every_operation()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var fault = new InvalidOperationException("broken");
        app.Store.Failure = fault;

        foreach (var operation in new Func<Task>[]
        {
            () => app.TokenAsync(),
            () => app.Connections.FindAsync(TestApp.Account),
            () => app.Connections.DisconnectAsync(TestApp.Account),
            () => app.Connections.ReportDisconnectionAsync(TestApp.Account, "reason"),
        })
        {
            var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(operation);
            Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
            Assert.Same(fault, failed.InnerException);
        }

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task Another_accounts_connection_is_refused_by_both_names()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.ConnectAsync("acct_two");
        app.ExpireTokens();
        app.Store.Find = _ => app.Store.Inner.FindAsync("acct_two");

        var failed = await BreaksContractAsync(app);

        Assert.Contains("acct_two", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_accounts_tokens_under_the_right_name_are_refused()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Find = async id => await app.Store.Inner.FindAsync(id) is { } found
            ? found with { Tokens = found.Tokens with { AccountId = "acct_two" } } : null;

        await BreaksContractAsync(app);
    }

    [Fact]
    public async Task A_connection_without_tokens_is_refused()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Find = async id => await app.Store.Inner.FindAsync(id) is { } found ? found with { Tokens = null! } : null;

        await BreaksContractAsync(app);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_stored_version_below_1_is_refused(long version)
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Find = async id => await app.Store.Inner.FindAsync(id) is { } found ? found with { Version = version } : null;

        Assert.Contains($"a stored connection with version {version}", (await BreaksContractAsync(app)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_goes_backwards_is_refused()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var old = (await app.StoredAsync()) with { Version = 1 };
        await app.Connections.RefreshAsync(TestApp.Account); // Version 3.
        await app.Connections.RefreshAsync(TestApp.Account); // Version 5; read as 3.
        app.ExpireTokens();
        var sent = app.CountRefreshes();
        app.Store.Find = _ => ValueTask.FromResult<AirwallexConnection?>(old);

        var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Contains("versions only grow", failed.Message, StringComparison.Ordinal);
        Assert.Equal(sent, app.CountRefreshes());
    }

    [Fact]
    public async Task A_store_that_loses_every_swap_is_found_out_before_anything_is_sent_and_without_spinning()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = _ => ValueTask.FromResult(false);

        var failed = await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync(), atMostSeconds: 30);

        Assert.Contains("breaks its contract", failed.Message, StringComparison.Ordinal);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, app.CountRefreshes());
        Assert.InRange(app.Store.Calls, 1, 30);
    }

    [Fact]
    public async Task A_store_that_loses_every_swap_of_new_tokens_is_tried_again_without_spinning_while_callers_are_served()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = connection => connection.Attempt is null ? ValueTask.FromResult(false) : app.Store.Inner.TrySaveAsync(connection);

        var token = await app.ResultAsync(app.TokenAsync(), atMostSeconds: 30);
        await app.AdvanceAsync(30);

        Assert.InRange(app.Store.Calls, 5, 100);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Critical SavingFails", StringComparison.Ordinal));
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_store_that_loses_every_swap_cannot_mark_a_disconnection_and_says_so()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Store.TrySave = _ => ValueTask.FromResult(false);

        var failed = await app.FailureAsync<AirwallexOAuthException>(
            Task.Run(() => app.Connections.ReportDisconnectionAsync(TestApp.Account, "reason")), atMostSeconds: 30);

        Assert.Contains("breaks its contract", failed.Message, StringComparison.Ordinal);
    }

    private static async Task<AirwallexOAuthException> BreaksContractAsync(TestApp app)
    {
        var before = await app.StoredAsync();

        var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Contains("breaks its contract", failed.Message, StringComparison.Ordinal);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, app.CountRefreshes());
        Assert.Equal(before, await app.StoredAsync());
        return failed;
    }
}
