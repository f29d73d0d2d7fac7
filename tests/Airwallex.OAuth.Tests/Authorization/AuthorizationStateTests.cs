namespace Airwallex.OAuth.Tests.Authorization;

public sealed class AuthorizationStateTests
{
    [Fact]
    public void A_state_is_256_bits_in_43_url_safe_characters()
    {
        for (var i = 0; i < 1000; i++)
        {
            Assert.Matches("^[A-Za-z0-9_-]{43}$", AuthorizationState.Create());
        }
    }

    [Fact]
    public void No_two_states_are_the_same() =>
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => AuthorizationState.Create()).Distinct().Count());

    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "abd", false)]
    [InlineData("abc", "ABC", false)]
    [InlineData("abc", "abcd", false)]
    [InlineData("abc", null, false)]
    [InlineData("abc", "", false)]
    [InlineData(null, "abc", false)]
    [InlineData("", "abc", false)]
    [InlineData(null, null, false)]
    [InlineData("", "", false)]
    public void Only_the_very_state_that_was_kept_matches(string? expected, string? actual, bool matches) =>
        Assert.Equal(matches, AuthorizationState.Matches(expected, actual));

    [Fact]
    public void What_is_not_Unicode_is_compared_as_it_is() =>
        Assert.False(AuthorizationState.Matches(((char)0xD800).ToString(), ((char)0xD801).ToString()));
}
