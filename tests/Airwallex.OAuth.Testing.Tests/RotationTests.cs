using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class RotationTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_code_gives_tokens_as_the_documentation_shows_them()
    {
        var tokens = await _client.ConnectAsync("acct_1");

        Assert.Equal(HttpStatusCode.OK, tokens.Status);
        Assert.Equal("acct_1", tokens.AccountId);
        Assert.Equal("300", tokens.Read("expires_in"));
        Assert.Equal("7776000", tokens.Read("refresh_token_expires_in"));
        Assert.Equal("bearer", tokens.Read("token_type"));
        Assert.Equal("r:awx_action:balances_view", tokens.Read("scope"));
        Assert.Equal(3, tokens.AccessToken!.Split('.').Length);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Each_refresh_gives_a_new_refresh_token()
    {
        var first = await _client.ConnectAsync();
        var second = await _client.RefreshAsync(first.RefreshToken);
        var third = await _client.RefreshAsync(second.RefreshToken);

        Assert.Equal(HttpStatusCode.OK, third.Status);
        Assert.Equal(first.AccountId, third.AccountId);
        Assert.Equal(3, new[] { first, second, third }.Select(tokens => tokens.RefreshToken).Distinct().Count());
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_superseded_token_is_good_until_the_grace_period_ends()
    {
        var first = await _client.ConnectAsync();
        await _client.RefreshAsync(first.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(59.999));

        var replay = await _client.RefreshAsync(first.RefreshToken);

        Assert.Equal(HttpStatusCode.OK, replay.Status);
        Assert.True(_client.Simulator.Journal[^1].GraceReplay);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Reuse_at_the_end_of_the_grace_period_revokes_the_whole_family()
    {
        var first = await _client.ConnectAsync();
        var second = await _client.RefreshAsync(first.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(60));

        var reuse = await _client.RefreshAsync(first.RefreshToken);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (reuse.Status, reuse.Error));
        Assert.Equal([RuleName.ReuseOutsideGrace, RuleName.FamilyRevoked], _client.Violations);
        Assert.Equal(HttpStatusCode.Unauthorized, await _client.CallApiAsync(second.AccessToken));
        Assert.Equal("invalid_grant", (await _client.RefreshAsync(second.RefreshToken)).Error);
    }

    [Fact]
    public async Task The_grace_period_counts_from_the_first_successor_not_from_a_replay()
    {
        var first = await _client.ConnectAsync();
        await _client.RefreshAsync(first.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(50));
        await _client.RefreshAsync(first.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(10));

        var late = await _client.RefreshAsync(first.RefreshToken);

        Assert.Equal("invalid_grant", late.Error);
    }

    [Fact]
    public async Task A_replay_supersedes_the_pair_issued_before_with_a_grace_period_of_its_own()
    {
        var first = await _client.ConnectAsync();
        var lost = await _client.RefreshAsync(first.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(30));
        var kept = await _client.RefreshAsync(first.RefreshToken);

        Assert.NotEqual(lost.RefreshToken, kept.RefreshToken);
        Assert.True(_client.Simulator.CanRefresh(first.AccountId!, lost.RefreshToken!));

        _client.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(_client.Simulator.CanRefresh(first.AccountId!, lost.RefreshToken!));

        _client.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_client.Simulator.CanRefresh(first.AccountId!, lost.RefreshToken!));
        Assert.True(_client.Simulator.CanRefresh(first.AccountId!, kept.RefreshToken!));
    }

    [Fact]
    public async Task A_replay_gives_the_same_pair_when_the_options_say_so()
    {
        using var client = new SimulatorClient(new() { GraceReplay = GraceReplay.SamePair });
        var first = await client.ConnectAsync();
        var second = await client.RefreshAsync(first.RefreshToken);
        client.Time.Advance(TimeSpan.FromSeconds(30));

        var replay = await client.RefreshAsync(first.RefreshToken);

        Assert.Equal(second.RefreshToken, replay.RefreshToken);
        Assert.Equal(second.AccessToken, replay.AccessToken);
        Assert.Equal("270", replay.Read("expires_in"));
    }

    [Fact]
    public async Task A_same_pair_replay_never_hands_out_an_expired_access_token()
    {
        using var client = new SimulatorClient(new()
        {
            GraceReplay = GraceReplay.SamePair,
            AccessTokenLifetime = TimeSpan.FromSeconds(10),
        });
        var first = await client.ConnectAsync();
        var second = await client.RefreshAsync(first.RefreshToken);
        client.Time.Advance(TimeSpan.FromSeconds(30));

        var replay = await client.RefreshAsync(first.RefreshToken);

        Assert.Equal(second.RefreshToken, replay.RefreshToken);
        Assert.Equal("10", replay.Read("expires_in"));
        Assert.Equal(HttpStatusCode.OK, await client.CallApiAsync(replay.AccessToken));
    }

    [Fact]
    public async Task A_replay_supersedes_the_pair_issued_before_at_once_when_the_options_say_so()
    {
        using var client = new SimulatorClient(new() { GraceReplay = GraceReplay.NewPairWithoutGrace });
        var first = await client.ConnectAsync();
        var lost = await client.RefreshAsync(first.RefreshToken);
        var kept = await client.RefreshAsync(first.RefreshToken);

        Assert.True(client.Simulator.CanRefresh(first.AccountId!, first.RefreshToken!));
        Assert.False(client.Simulator.CanRefresh(first.AccountId!, lost.RefreshToken!));
        Assert.Equal(HttpStatusCode.OK, (await client.RefreshAsync(kept.RefreshToken)).Status);
        client.Simulator.AssertNoViolations();

        Assert.Equal("invalid_grant", (await client.RefreshAsync(lost.RefreshToken)).Error);
        Assert.Equal([RuleName.ReuseOutsideGrace, RuleName.FamilyRevoked], client.Violations);
    }

    [Fact]
    public async Task A_user_who_has_the_admin_role_again_can_be_refreshed_again()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.RemoveAdminRole(tokens.AccountId!);
        Assert.Equal("invalid_grant", (await _client.RefreshAsync(tokens.RefreshToken)).Error);

        _client.Simulator.RestoreAdminRole(tokens.AccountId!);

        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_stale_token_sent_after_its_successor_was_used_is_a_violation()
    {
        var first = await _client.ConnectAsync();
        var second = await _client.RefreshAsync(first.RefreshToken);
        await _client.RefreshAsync(second.RefreshToken);

        var stale = await _client.RefreshAsync(first.RefreshToken);

        Assert.Equal(HttpStatusCode.OK, stale.Status);
        Assert.Equal([RuleName.StaleTokenReplayed], _client.Violations);
    }

    [Fact]
    public async Task A_token_that_was_refused_for_good_must_not_be_sent_again()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.RevokeByUser(tokens.AccountId!);

        await _client.RefreshAsync(tokens.RefreshToken);
        Assert.Empty(_client.Violations);

        await _client.RefreshAsync(tokens.RefreshToken);
        Assert.Equal([RuleName.RefreshAfterPermanentRefusal], _client.Violations);
    }

    [Fact]
    public async Task A_refusal_whose_response_was_lost_obliges_nobody()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.RevokeByUser(tokens.AccountId!);
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());

        await Assert.ThrowsAsync<HttpRequestException>(() => _client.RefreshAsync(tokens.RefreshToken));
        await _client.RefreshAsync(tokens.RefreshToken);

        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Two_refreshes_of_one_family_in_flight_get_429()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(2)));
        var slow = _client.RefreshAsync(tokens.RefreshToken);
        await _client.UntilDelayedAsync(1);

        var concurrent = await _client.RefreshAsync(tokens.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_requests"), (concurrent.Status, concurrent.Error));
        Assert.Equal("Concurrent token refresh is not allowed.", concurrent.Read("error_description"));
        Assert.Equal([RuleName.ConcurrentRefresh], _client.Violations);
        Assert.Equal(HttpStatusCode.OK, (await slow).Status);
    }

    [Fact]
    public async Task Refreshes_of_different_accounts_may_be_in_flight_together()
    {
        var one = await _client.ConnectAsync("acct_1");
        var two = await _client.ConnectAsync("acct_2");
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(2)));
        var slow = _client.RefreshAsync(one.RefreshToken);
        await _client.UntilDelayedAsync(1);

        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(two.RefreshToken)).Status);
        _client.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.OK, (await slow).Status);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task An_expired_refresh_token_is_refused_and_revokes_nothing()
    {
        var tokens = await _client.ConnectAsync();
        _client.Time.Advance(TimeSpan.FromDays(90));

        Assert.Equal("invalid_grant", (await _client.RefreshAsync(tokens.RefreshToken)).Error);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Authorizing_again_starts_a_family_of_its_own()
    {
        var old = await _client.ConnectAsync("acct_1");
        var renewed = await _client.ConnectAsync("acct_1");

        Assert.True(_client.Simulator.CanRefresh("acct_1", old.RefreshToken!));
        Assert.Equal(renewed.RefreshToken, _client.Simulator.CurrentRefreshToken("acct_1"));

        await _client.RefreshAsync(old.RefreshToken);
        _client.Time.Advance(TimeSpan.FromMinutes(2));
        await _client.RefreshAsync(old.RefreshToken);
        Assert.True(_client.Simulator.CanRefresh("acct_1", renewed.RefreshToken!));
    }

    [Fact]
    public async Task A_token_can_be_refreshed_for_its_own_account_only()
    {
        var one = await _client.ConnectAsync("acct_1");
        await _client.ConnectAsync("acct_2");

        Assert.True(_client.Simulator.CanRefresh("acct_1", one.RefreshToken!));
        Assert.False(_client.Simulator.CanRefresh("acct_2", one.RefreshToken!));
        Assert.False(_client.Simulator.CanRefresh("acct_1", "unheard-of"));
    }
}
