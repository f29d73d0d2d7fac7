using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Refresh;

/// <summary>Another instance is at work on the connection.</summary>
[Collection(VirtualTime.Name)]
public sealed class LeaseTests
{
    [Fact]
    public async Task A_live_lease_of_another_instance_is_waited_for_and_its_tokens_are_used()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        await app.LeaveAttemptAsync(leaseEndsIn: 15);
        var call = app.TokenAsync();
        await app.AdvanceAsync(3);
        Assert.False(call.IsCompleted);

        await app.ChangeStoredAsync(current => current with
        {
            Attempt = null,
            Tokens = current.Tokens with
            {
                AccessToken = "theirs",
                RefreshToken = "theirs too",
                AccessTokenExpiresAt = app.Time.GetUtcNow().AddMinutes(5),
            },
        });

        Assert.Equal("theirs", await app.ResultAsync(call, atMostSeconds: 1.5)); // Pauses grow to a second.
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_lease_that_ends_without_an_answer_is_taken_over_inside_the_grace_period()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        await app.UseStoredTokenAsync();
        var note = await app.LeaveAttemptAsync(leaseEndsIn: 15);

        var call = app.TokenAsync();
        await app.AdvanceAsync(14.5);
        Assert.Equal(1, app.CountRefreshes()); // The other's, whose answer is lost.
        await app.ResultAsync(call, atMostSeconds: 2);
        await TestApp.SettleAsync();

        Assert.True(app.Refreshes[1].GraceReplay);
        Assert.True(app.Refreshes[1].Time >= note.LeaseExpiresAt);
        Assert.Equal(ConnectionEventKind.Recovered, app.Events.Kinds.Last());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task The_grace_period_counts_from_the_first_send_however_many_attempts_follow()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var firstSentAt = app.Time.GetUtcNow();
        app.Simulator.Faults.Always(Testing.FaultTarget.Token, Testing.Fault.DropAnswerBeforeRotating());

        for (var attempt = 0; attempt < 3; attempt++)
        {
            await app.FailureAsync<TokenRequestException>(app.TokenAsync());
            var note = (await app.StoredAsync()).Attempt!;
            Assert.Equal(firstSentAt, note.FirstSentAt);
            Assert.Equal(app.Time.GetUtcNow(), note.LeaseExpiresAt); // Given back: others need not wait.
            await app.AdvanceAsync(11);
        }

        Assert.Equal(3, app.CountRefreshes());
    }

    [Fact]
    public async Task The_note_stands_in_the_store_before_the_refresh_token_is_sent()
    {
        TestApp? app = null;
        RefreshAttempt? noteAtSend = null;
        app = new TestApp
        {
            Network = Network.Before(_ => noteAtSend = app!.Store.Inner.FindAsync(TestApp.Account).AsTask().GetAwaiter().GetResult()?.Attempt),
        };
        await using var _ = app;
        await app.ConnectAsync();
        app.ExpireTokens();

        await app.TokenAsync();

        Assert.Equal(app.Time.GetUtcNow(), noteAtSend!.FirstSentAt);
        Assert.Equal(app.Time.GetUtcNow().AddSeconds(20), noteAtSend.LeaseExpiresAt);
        Assert.Null((await app.StoredAsync()).Attempt);
    }

    [Fact]
    public async Task The_tokens_stand_in_the_store_before_anybody_gets_them()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        var mayBeSaved = new TaskCompletionSource();
        app.Store.TrySave = async connection =>
        {
            if (connection.Attempt is null)
            {
                await mayBeSaved.Task;
            }

            return await app.Store.Inner.TrySaveAsync(connection);
        };

        var call = app.TokenAsync();
        await app.AdvanceAsync(2);
        Assert.False(call.IsCompleted);
        mayBeSaved.SetResult();

        Assert.Equal(await app.ResultAsync(call), (await app.StoredAsync()).Tokens.AccessToken);
    }

    internal static async Task<RefreshAttempt> LeaveNoteAsync(
        TestApp app, double leaseEndsIn, double firstSentAgo = 0, int? answeredStatus = null, string accountId = TestApp.Account)
    {
        var now = app.Time.GetUtcNow();
        var note = new RefreshAttempt
        {
            Id = Guid.NewGuid(),
            FirstSentAt = now.AddSeconds(-firstSentAgo),
            LeaseExpiresAt = now.AddSeconds(leaseEndsIn),
            AnsweredStatus = answeredStatus,
        };
        Assert.True(await app.Store.Inner.TrySaveAsync(await app.StoredAsync(accountId) with { Attempt = note }));
        return note;
    }
}
