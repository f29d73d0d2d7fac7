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
        Assert.True(failed.IsTransient);
        Assert.Equal(0, app.CountRefreshes());
        app.Store.Failure = null;
        await app.ResultAsync(app.TokenAsync()); // A failing store cools nobody down.
    }

    [Fact]
    public async Task One_failed_read_is_retried_at_once()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Find = key =>
        {
            app.Store.Find = null;
            throw Down;
        };

        await app.TokenAsync();

        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_store_that_never_returns_is_a_store_that_fails()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Find = _ => new ValueTask<StoredConnection?>(new TaskCompletionSource<StoredConnection?>().Task);

        var failed = await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync());

        Assert.IsType<TimeoutException>(failed.InnerException);
        Assert.True(failed.IsTransient);
        app.Store.Find = null;
        await app.ResultAsync(app.TokenAsync());
    }

    [Fact]
    public async Task A_store_that_blocks_its_thread_holds_up_no_caller_longer_than_10_s()
    {
        using var isBlocked = new ManualResetEventSlim();
        using var block = new ManualResetEventSlim();
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.Find = key =>
        {
            isBlocked.Set();
            block.Wait();
            return app.Store.Inner.FindAsync(key);
        };
        try
        {
            var call = app.TokenAsync();
            isBlocked.Wait();

            app.Time.Advance(TimeSpan.FromSeconds(11));

            await Assert.ThrowsAsync<AirwallexOAuthException>(() => call.WaitAsync(TimeSpan.FromSeconds(20)));
        }
        finally
        {
            block.Set();
        }
    }

    [Fact]
    public async Task While_the_attempt_cannot_be_written_nothing_is_sent()
    {
        await using var app = new TestApp();
        var before = await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = (_, _) => throw Down;

        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());

        Assert.Equal(0, app.CountRefreshes());
        Assert.Equal(before.Version, (await app.StoredAsync()).Version);
    }

    [Fact]
    public async Task An_attempt_whose_write_took_effect_but_reported_failure_is_known_not_to_be_sent()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = async (connection, expected) =>
        {
            await app.Store.Inner.TrySaveAsync(connection, expected);
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
    public async Task An_attempt_that_a_fresh_read_shows_is_good_whatever_its_write_reported()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = async (connection, expected) =>
        {
            app.Store.TrySave = null;
            await app.Store.Inner.TrySaveAsync(connection, expected);
            throw Down;
        };

        var token = await app.ResultAsync(app.TokenAsync());

        Assert.Equal(1, app.CountRefreshes());
        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_client_id_that_comes_back_finds_the_refresh_that_holds_a_response()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = (connection, expected) => app.CountRefreshes() > 0
            ? throw Down
            : app.Store.Inner.TrySaveAsync(connection, expected);
        await app.ResultAsync(app.TokenAsync());
        var clientId = app.Application.Options.ClientId;

        app.Reconfigure(options => options.ClientId = "another-client-id");
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());
        app.Reconfigure(options => options.ClientId = clientId);
        await app.AdvanceAsync(300, step: 5); // Beyond the grace period and an observation.
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Connections.RefreshAsync(TestApp.Account));
        app.Store.TrySave = null;
        await app.AdvanceAsync(5);

        Assert.Equal(1, app.CountRefreshes());
        Assert.Null((await app.StoredAsync()).Attempt);
        app.Simulator.AssertNoViolations();
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
        Assert.Equal(before.Tokens.RefreshToken, (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Critical SavingFails", StringComparison.Ordinal));
        Assert.Equal(1, app.CountRefreshes());

        app.Store.TrySave = null;
        await app.AdvanceAsync(8);

        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Information SavedAfterAll", StringComparison.Ordinal));
        app.ExpireTokens();
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
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
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Unsaved_tokens_are_saved_over_another_instances_attempt_without_waiting_for_its_lease()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        FailWhenSavingTokens(app);
        var token = await app.ResultAsync(app.TokenAsync());
        await app.LeaveAttemptAsync(leaseEndsIn: 12);

        app.Store.TrySave = null;
        await app.AdvanceAsync(3);

        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
    }

    [Fact]
    public async Task A_thousand_failed_saves_are_one_line_and_then_one_a_minute_with_their_count()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        FailWhenSavingTokens(app);
        await app.ResultAsync(app.TokenAsync());
        await app.AdvanceAsync(58);
        Assert.Single(app.Log.Lines, line => line.StartsWith("Critical SavingFails", StringComparison.Ordinal));

        await app.AdvanceAsync(62, step: 0.5);

        Assert.Equal(3, app.Log.Lines.Count(line => line.StartsWith("Critical SavingFails", StringComparison.Ordinal)));
        app.Store.TrySave = null;
        await app.AdvanceAsync(3);
    }

    [Fact]
    public async Task A_fault_that_cannot_pass_is_told_as_what_it_is()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Store.TrySave = (_, _) =>
            throw new AirwallexOAuthException("The column State holds 100 characters: make it longer.");

        var failed = await app.FailureAsync<AirwallexOAuthException>(app.TokenAsync());

        Assert.False(failed.IsTransient);
        Assert.Contains("make it longer", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task Tokens_whose_save_took_effect_but_reported_failure_are_not_saved_twice()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var saves = 0;
        app.Store.TrySave = async (connection, expected) =>
        {
            await app.Store.Inner.TrySaveAsync(connection, expected);
            saves += ConnectionSerializer.ReadAttempt(connection) is null ? 1 : 0;
            return ConnectionSerializer.ReadAttempt(connection) is null ? throw Down : true;
        };

        var token = await app.ResultAsync(app.TokenAsync());
        await app.AdvanceAsync(5);

        Assert.Equal(token, (await app.StoredAsync()).Tokens.AccessToken);
        Assert.Equal(1, saves);
    }

    [Fact]
    public async Task A_refusal_that_cannot_be_saved_is_told_to_the_caller_and_saved_later()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();
        app.Store.TrySave = (connection, expected) =>
            connection.Status == ConnectionStatus.Active
                ? app.Store.Inner.TrySaveAsync(connection, expected)
                : throw Down;

        await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());
        await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());
        app.Store.TrySave = null;
        await app.AdvanceAsync(8);

        Assert.Equal(ConnectionStatus.ReauthorizationRequired, (await app.StoredAsync()).Status);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_store_that_fails_right_after_a_failed_send_leaves_an_attempt_that_ends_by_itself()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503), times: 4);
        app.Store.TrySave = (connection, expected) =>
            ConnectionSerializer.ReadAttempt(connection)?.LeaseExpiresAt <= app.Time.GetUtcNow()
                ? throw Down
                : app.Store.Inner.TrySaveAsync(connection, expected);

        await app.FailureAsync<TokenRequestException>(app.TokenAsync());
        await TestApp.SettleAsync();

        Assert.Contains(app.Log.Lines, line => line.StartsWith("Debug ReleaseFailed", StringComparison.Ordinal));
        await app.AdvanceAsync(3);
        await app.ResultAsync(app.TokenAsync());
        app.Simulator.AssertNoViolations();
    }

    internal static void FailWhenSavingTokens(TestApp app) =>
        app.Store.TrySave = (connection, expected) =>
            ConnectionSerializer.ReadAttempt(connection) is null
                ? throw Down
                : app.Store.Inner.TrySaveAsync(connection, expected);
}
