using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Connections;

public sealed class CachedAccessTokenTests
{
    private static readonly DateTimeOffset s_issuedAt = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_look_at_the_clock_serves_for_a_second()
    {
        var token = TokenOf(lifeInSeconds: 300);

        Assert.False(token.IsKnownToBeFresh(0));
        token.RememberFresh(5_000, s_issuedAt.UtcTicks);

        Assert.True(token.IsKnownToBeFresh(5_999));
        Assert.False(token.IsKnownToBeFresh(6_000));
    }

    [Theory]
    [InlineData(60, 239.9)] // Before the refresh ahead.
    [InlineData(0, 289.9)] // Before callers wait, when nothing is refreshed ahead.
    public void A_look_at_the_clock_never_serves_past_the_next_thing_that_is_due(int refreshAhead, double age)
    {
        var token = TokenOf(lifeInSeconds: 300, refreshAhead);

        token.RememberFresh(5_000, s_issuedAt.AddSeconds(age).UtcTicks);

        Assert.True(token.IsKnownToBeFresh(5_099));
        Assert.False(token.IsKnownToBeFresh(5_100));
    }

    [Fact]
    public void A_token_that_is_due_is_never_known_to_be_fresh()
    {
        var token = TokenOf(lifeInSeconds: 300);

        token.RememberFresh(5_000, s_issuedAt.AddSeconds(240).UtcTicks);

        Assert.False(token.IsKnownToBeFresh(5_000));
    }

    [Fact]
    public void Beside_another_clock_than_the_systems_each_request_looks_at_it()
    {
        var clock = GuardedClock.Around(new FakeTimeProvider(s_issuedAt));
        var token = TokenOf(lifeInSeconds: 300);

        token.RememberFresh(clock.CoarseMilliseconds, s_issuedAt.UtcTicks);

        Assert.False(token.IsKnownToBeFresh(clock.CoarseMilliseconds));
        Assert.False(token.IsKnownToBeFresh(0));
    }

    [Fact]
    public void A_clock_with_a_guard_gets_no_second_one()
    {
        var clock = GuardedClock.Around(TimeProvider.System);

        Assert.Same(clock, GuardedClock.Around(clock));
        Assert.True(clock.IsSystem);
        Assert.NotEqual(long.MaxValue, clock.CoarseMilliseconds);
    }

    private static CachedAccessToken TokenOf(int lifeInSeconds, int refreshAhead = 60) => CachedAccessToken.From(
        new TokenSet
        {
            AccountId = "acct_one",
            AccessToken = "access",
            AccessTokenExpiresAt = s_issuedAt.AddSeconds(lifeInSeconds),
            RefreshToken = "refresh",
            IssuedAt = s_issuedAt,
        },
        new AirwallexOAuthOptions { RefreshAhead = TimeSpan.FromSeconds(refreshAhead) },
        new NoJitter());

    private sealed class NoJitter : Jitter
    {
        public override double Next() => 0;
    }
}
