using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

[Collection(VirtualTime.Name)]
public sealed class StoreDownTests
{
    private static readonly IOException Down = new("The database is down.");

    [Fact]
    public async Task While_the_store_cannot_be_read_nothing_is_sent()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Failure = Down;

        var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Same(Down, failed.InnerException);
        Assert.Equal(0, app.CountRefreshes());
        app.Store.Failure = null;
        await app.AdvanceAsync(3);
        await app.ResultAsync(app.TokenAsync());
    }

    [Fact]
    public async Task While_the_note_cannot_be_written_nothing_is_sent()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = _ => throw Down;

        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Equal(0, app.CountRefreshes());
        Assert.Equal(before, await app.StoredAsync());
    }

    [Fact]
    public async Task A_note_whose_write_took_effect_but_reported_failure_is_known_to_be_unsent()
    {
        await using var app = new TestApp(options => options.GraceExceeded = GraceExceededBehavior.RequireReauthorization);
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = async connection =>
        {
            await app.Store.Inner.TrySaveAsync(connection);
            app.Store.Failure = Down;
            throw Down;
        };
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());
        (app.Store.TrySave, app.Store.Failure) = (null, null);
        Assert.NotNull((await app.StoredAsync()).Attempt);

        await app.AdvanceAsync(300, step: 5); // Past the grace period of a token that was never sent.
        await app.ResultAsync(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.Equal(1, app.CountRefreshes());
        Assert.Equal(ConnectionEventKind.Refreshed, app.Events.Kinds.Last());
    }

    [Fact]
    public async Task A_note_that_a_fresh_read_shows_is_good_whatever_its_write_reported()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = async connection =>
        {
            app.Store.TrySave = null;
            await app.Store.Inner.TrySaveAsync(connection);
            throw Down;
        };

        var token = await app.ResultAsync(app.TokenAsync());

        Assert.Equal(1, app.CountRefreshes());
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task Tokens_that_cannot_be_saved_are_served_from_memory_loudly_and_saved_later()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.ExpireTokens();
        FailWhenSavingTokens(app);

        var token = await app.ResultAsync(app.TokenAsync());
        await app.AdvanceAsync(60);

        Assert.NotEqual(before.Tokens.AccessToken, token);
        Assert.Equal(token, await app.TokenAsync());
        Assert.Equal(before.Tokens, (await app.StoredAsync()).Tokens);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Critical SavingFails", StringComparison.Ordinal));
        Assert.Equal(1, app.CountRefreshes());

        app.Store.TrySave = null;
        await app.AdvanceAsync(8);

        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Information SavedAfterAll", StringComparison.Ordinal));
        app.ExpireTokens();
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task Before_unsaved_tokens_are_saved_no_refresh_token_is_sent()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        FailWhenSavingTokens(app);
        await app.ResultAsync(app.TokenAsync());

        await app.AdvanceAsync(301, step: 5);
        var usedUp = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Contains(TestApp.Account, usedUp.Message, StringComparison.Ordinal);
        Assert.Contains("Repair the token store", usedUp.Message, StringComparison.Ordinal);
        Assert.Equal(1, app.CountRefreshes());
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task Unsaved_tokens_are_saved_soon_after_another_instance_gave_its_lease_up()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        FailWhenSavingTokens(app);
        var token = await app.ResultAsync(app.TokenAsync());
        await app.ChangeStoredAsync(current => current with
        {
            Attempt = current.Attempt! with { Id = Guid.NewGuid(), LeaseExpiresAt = app.Time.GetUtcNow().AddSeconds(20) },
        });
        app.Store.TrySave = null;
        await app.AdvanceAsync(4);

        Assert.NotEqual(token, (await app.StoredAsync()).Tokens.AccessToken);

        await app.ChangeStoredAsync(current => current with { Attempt = current.Attempt! with { LeaseExpiresAt = app.Time.GetUtcNow() } });
        await app.AdvanceAsync(1.5);

        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
    }

    [Fact]
    public async Task Tokens_whose_save_took_effect_but_reported_failure_are_not_saved_twice()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = async connection =>
        {
            await app.Store.Inner.TrySaveAsync(connection);
            return connection.Attempt is null ? throw Down : true;
        };

        var token = await app.ResultAsync(app.TokenAsync());
        await app.AdvanceAsync(5);

        var stored = await app.StoredAsync();
        Assert.Equal(3, stored.Version); // Connected, noted, saved.
        Assert.Equal(token, stored.Tokens.AccessToken);
    }

    [Fact]
    public async Task A_refusal_that_cannot_be_saved_is_told_to_the_caller_and_saved_later()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();
        app.Store.TrySave = connection => connection.Status == ConnectionStatus.Active ? app.Store.Inner.TrySaveAsync(connection) : throw Down;

        await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());
        await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);

        Assert.Equal(ConnectionStatus.ReauthorizationRequired, (await app.StoredAsync()).Status);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_store_that_fails_right_after_a_failed_send_leaves_a_note_that_ends_by_itself()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));
        var saves = 0;
        app.Store.TrySave = connection => ++saves == 2 ? throw Down : app.Store.Inner.TrySaveAsync(connection);

        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());

        Assert.Contains(app.Log.Lines, line => line.StartsWith("Debug ReleaseFailed", StringComparison.Ordinal));
        await app.AdvanceAsync(3);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoBrokenRules();
    }

    internal static void FailWhenSavingTokens(TestApp app) =>
        app.Store.TrySave = connection => connection.Attempt is null ? throw Down : app.Store.Inner.TrySaveAsync(connection);
}
