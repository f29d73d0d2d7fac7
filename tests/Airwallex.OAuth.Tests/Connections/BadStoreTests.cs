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
            () => app.Connections.ReactivateAsync(TestApp.Account),
            () => app.Connections.TryImportAsync(TestApp.Account, "a-refresh-token"),
        })
        {
            var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(operation);
            Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
            Assert.Equal(TestApp.Account, failed.AccountId);
            Assert.True(failed.IsTransient);
            Assert.Same(fault, failed.InnerException);
        }

        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task Listing_and_counting_wrap_the_stores_exceptions_too()
    {
        await using var app = new TestApp();
        var fault = new InvalidOperationException("broken");
        app.Store.Failure = fault;

        var listed = await Assert.ThrowsAsync<AirwallexOAuthException>(
            async () => await app.Connections.ListAsync().ReadAllAsync());
        var counted = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Connections.SummarizeAsync());

        Assert.Same(fault, listed.InnerException);
        Assert.Same(fault, counted.InnerException);
    }

    [Fact]
    public async Task Another_accounts_connection_is_refused_by_both_names()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.ConnectAsync("acct_two");
        app.ExpireTokens();
        var before = await app.StoredAsync();
        app.Store.Find = _ => app.Store.Inner.FindAsync(TestApp.KeyOf("acct_two"));

        var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Contains("breaks its contract", failed.Message, StringComparison.Ordinal);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Contains("acct_two", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, app.CountRefreshes());
        Assert.Equal(before.Version, (await app.StoredAsync()).Version);
    }

    [Fact]
    public async Task A_store_that_loses_every_swap_is_found_out_before_anything_is_sent_and_without_spinning()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = (_, _) => ValueTask.FromResult(false);

        var failed = await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync(), atMostSeconds: 30);

        Assert.Contains("breaks its contract", failed.Message, StringComparison.Ordinal);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, app.CountRefreshes());
        Assert.InRange(app.Store.Calls, 1, 30);
    }

    [Fact]
    public async Task A_store_that_loses_every_swap_is_tried_again_without_spinning_while_callers_are_served()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = (connection, expected) => ConnectionSerializer.ReadAttempt(connection) is null
            ? ValueTask.FromResult(false)
            : app.Store.Inner.TrySaveAsync(connection, expected);

        var token = await app.ResultAsync(app.TokenAsync(), atMostSeconds: 30);
        await app.AdvanceAsync(30);

        Assert.InRange(app.Store.Calls, 5, 150);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Critical SavingFails", StringComparison.Ordinal));
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task State_of_a_newer_version_survives_an_older_instance()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var before = (await app.Store.Inner.FindAsync(TestApp.KeyOf()))!;
        var newer = before with
        {
            Version = "newer",
            State = before.State.Insert(1, "\"aMemberOfTheFuture\":{\"a\":[1,2]},"),
        };
        Assert.True(await app.Store.Inner.TrySaveAsync(newer, before.Version));

        await app.Connections.RefreshAsync(TestApp.Account);

        var after = (await app.Store.Inner.FindAsync(TestApp.KeyOf()))!;
        Assert.Contains("\"aMemberOfTheFuture\":{\"a\":[1,2]}", after.State, StringComparison.Ordinal);
    }
}
