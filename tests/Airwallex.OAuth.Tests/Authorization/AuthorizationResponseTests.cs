namespace Airwallex.OAuth.Tests.Authorization;

public sealed class AuthorizationResponseTests
{
    [Fact]
    public void A_redirect_with_a_code_is_read()
    {
        var response = Parse("https://example.com/?code=code_1&state=state_1");

        Assert.Equal("code_1", response.Code);
        Assert.Equal("state_1", response.State);
        Assert.Null(response.Error);
        Assert.Null(response.ErrorDescription);
    }

    [Fact]
    public void A_redirect_with_an_error_is_read()
    {
        var response = Parse("https://example.com/?error=access_denied&error_description=The+customer%20declined%21&state=state_1");

        Assert.Null(response.Code);
        Assert.Equal("access_denied", response.Error);
        Assert.Equal("The customer declined!", response.ErrorDescription);
        Assert.Equal("state_1", response.State);
    }

    [Theory]
    [InlineData("https://example.com/callback")]
    [InlineData("https://example.com/callback?")]
    [InlineData("https://example.com/callback?state=state_1")]
    [InlineData("https://example.com/callback?code=&state=state_1")]
    [InlineData("https://example.com/callback?code")]
    [InlineData("https://example.com/callback?CODE=code_1")]
    [InlineData("https://example.com/callback#code=code_1")]
    [InlineData("https://example.com/callback#?code=code_1")]
    public void A_redirect_with_neither_code_nor_error_is_refused(string redirect) =>
        Assert.Contains("neither", Assert.Throws<FormatException>(() => Parse(redirect)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_redirect_with_both_code_and_error_is_refused() =>
        Assert.Contains("both", Assert.Throws<FormatException>(() => Parse("https://example.com/?code=c&error=e")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("https://example.com/?code=secret-code&code=another&state=s", "code")]
    [InlineData("https://example.com/?code=secret-code&state=s&state=s", "state")]
    [InlineData("https://example.com/?error=e&error=e", "error")]
    [InlineData("https://example.com/?code=c&state=&state=s", "state")]
    [InlineData("https://example.com/?code=&code=secret-code", "code")]
    [InlineData("https://example.com/?code=c&error_description=a&error_description=a", "error_description")]
    [InlineData("https://example.com/?code=secret-code&c%6fde=another", "code")]
    public void A_repeated_parameter_is_refused_by_name_and_without_its_value(string redirect, string name)
    {
        var refused = Assert.Throws<FormatException>(() => Parse(redirect));

        Assert.Contains($"repeats the parameter {name}", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-code", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/callback?code=code_1&state=state_1")]
    [InlineData("?state=state_1&code=code_1")]
    [InlineData("https://example.com/?code=code_1&state=state_1#fragment")]
    [InlineData("https://example.com/?code=code_1&state=state_1#?code=code_2")]
    [InlineData("https://example.com/?a=b&&code=code_1&state=state_1&code_verifier=x&scope=y")]
    public void Whatever_else_the_url_has_does_not_matter(string redirect)
    {
        var response = AuthorizationResponse.Parse(new Uri(redirect, UriKind.RelativeOrAbsolute));

        Assert.Equal("code_1", response.Code);
        Assert.Equal("state_1", response.State);
    }

    [Theory]
    [InlineData("+")]
    [InlineData("a%00b")]
    [InlineData("a%0D%0Ab")]
    [InlineData("a%C2%85b")]
    public void A_code_that_is_malformed_is_refused_without_its_value(string code)
    {
        var refused = Assert.Throws<FormatException>(() => Parse($"https://example.com/?code={code}&state=s"));

        Assert.Equal(
            "The redirect from Airwallex has a code that is malformed. Treat it as forged and let the customer start again.",
            refused.Message);
    }

    [Fact]
    public void A_code_has_at_most_8192_characters()
    {
        Assert.Equal(8192, Parse($"https://example.com/?code={new string('c', 8192)}").Code!.Length);
        Assert.Throws<FormatException>(() => Parse($"https://example.com/?code={new string('c', 8193)}"));
    }

    [Theory]
    [InlineData("https://example.com/?code=secret-code&state=secret-state", "AuthorizationResponse { Code = *** }")]
    [InlineData("https://example.com/?error=x%0Ay&state=secret-state", "AuthorizationResponse { Error = *** }")]
    public void A_response_shows_neither_code_nor_state_nor_text_from_outside(string redirect, string shown) =>
        Assert.Equal(shown, Parse(redirect).ToString());

    [Fact]
    public void Encoded_values_are_decoded_once()
    {
        var response = Parse("https://example.com/?code=a%2Bb%3D%2526c+d&state=%C3%A9");

        Assert.Equal("a+b=%26c d", response.Code);
        Assert.Equal("é", response.State);
    }

    [Fact]
    public void A_redirect_is_required() => Assert.Throws<ArgumentNullException>(() => AuthorizationResponse.Parse(null!));

    private static AuthorizationResponse Parse(string redirect) => AuthorizationResponse.Parse(new Uri(redirect));
}
