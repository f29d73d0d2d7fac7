namespace Airwallex.OAuth.Tests.Authorization;

public sealed class AuthorizeUrlBuilderTests
{
    private static readonly AirwallexOAuthOptions Options = new()
    {
        ClientId = "client_1",
        RedirectUri = new Uri("https://example.com/callback"),
        Scopes = ["r:awx_action:balances_view", "r:awx_action:settings.account_details_view"],
    };

    [Fact]
    public void The_sign_up_url_is_the_one_on_Airwallexs_page_byte_for_byte()
    {
        var url = new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = "state_1", SignUp = true });

        Assert.Equal(
            "https://demo.airwallex.com/oauth/authorize?response_type=code&client_id=client_1"
            + "&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback&state=state_1"
            + "&scope=r:awx_action:balances_view+r:awx_action:settings.account_details_view&sign_up=true",
            url.AbsoluteUri);
    }

    [Fact]
    public void Without_sign_up_the_parameter_is_left_out()
    {
        var url = new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = "state_1" });

        Assert.DoesNotContain("sign_up", url.Query, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_challenge_is_sent_with_method_S256()
    {
        var pkce = Pkce.Create();

        var url = new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = "s", CodeChallenge = pkce.Challenge });

        Assert.EndsWith(
            $"&code_challenge={pkce.Challenge}&code_challenge_method=S256", url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_request_names_wins_over_the_options()
    {
        var url = new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest
        {
            State = "state_1",
            Scopes = ["balance:read"],
            RedirectUri = new Uri("https://other.example/back?tenant=7"),
        });

        Assert.Contains("&redirect_uri=https%3A%2F%2Fother.example%2Fback%3Ftenant%3D7&", url.AbsoluteUri, StringComparison.Ordinal);
        Assert.EndsWith("&scope=balance:read", url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AirwallexEnvironment.Demo, "https://demo.airwallex.com/oauth/authorize?")]
    [InlineData(AirwallexEnvironment.Sandbox, "https://www.sandbox.airwallex.com/oauth/authorize?")]
    [InlineData(AirwallexEnvironment.Production, "https://airwallex.com/oauth/authorize?")]
    public void The_environment_says_where_the_customer_is_sent(AirwallexEnvironment environment, string start)
    {
        var options = new AirwallexOAuthOptions
        {
            Environment = environment,
            ClientId = "c",
            RedirectUri = new Uri("https://example.com/"),
            Scopes = ["s"],
        };

        Assert.StartsWith(start, new AuthorizeUrlBuilder(options).Build(new AuthorizeRequest { State = "s" }).AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public void The_endpoint_can_be_overridden_and_keeps_its_own_query()
    {
        var options = new AirwallexOAuthOptions
        {
            ClientId = "c",
            RedirectUri = new Uri("https://example.com/"),
            Scopes = ["s"],
            AuthorizeEndpoint = new Uri("https://www.airwallex.com/oauth/authorize?lang=en"),
        };

        Assert.StartsWith(
            "https://www.airwallex.com/oauth/authorize?lang=en&response_type=code&client_id=c&",
            new AuthorizeUrlBuilder(options).Build(new AuthorizeRequest { State = "s" }).AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_that_mean_something_in_a_url_are_encoded()
    {
        var options = new AirwallexOAuthOptions { ClientId = "a&b=c", RedirectUri = new Uri("https://example.com/"), Scopes = ["s+t&u"] };

        var url = new AuthorizeUrlBuilder(options).Build(new AuthorizeRequest { State = "x y&z#é" });

        Assert.Contains("client_id=a%26b%3Dc&", url.AbsoluteUri, StringComparison.Ordinal);
        Assert.Contains("state=x%20y%26z%23%C3%A9&", url.AbsoluteUri, StringComparison.Ordinal);
        Assert.EndsWith("scope=s%2Bt%26u", url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(null)]
    public void A_request_without_a_state_is_refused(string? state)
    {
        var refused = Assert.Throws<ArgumentException>(() => new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = state! }));

        Assert.Contains("AuthorizationState.Create()", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("too-short")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c\n")]
    public void A_code_challenge_that_is_malformed_is_refused(string challenge) => Assert.Contains(
        "Pkce.Create()",
        Assert.Throws<ArgumentException>(
            () => new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = "s", CodeChallenge = challenge })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_code_challenge_has_at_most_128_characters()
    {
        var request = new AuthorizeRequest { State = "s", CodeChallenge = new string('~', 128) };

        Assert.Contains("code_challenge=~~~", new AuthorizeUrlBuilder(Options).Build(request).AbsoluteUri, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(
            () => new AuthorizeUrlBuilder(Options).Build(request with { CodeChallenge = new string('~', 129) }));
    }

    [Fact]
    public void A_builder_needs_options_and_a_request()
    {
        Assert.Throws<ArgumentNullException>("options", () => new AuthorizeUrlBuilder(null!));
        Assert.Throws<ArgumentNullException>("request", () => new AuthorizeUrlBuilder(Options).Build(null!));
    }

    [Fact]
    public void A_request_shows_no_state() => Assert.DoesNotContain(
        "state_1", new AuthorizeRequest { State = "state_1" }.ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_request_without_any_scope_is_refused()
    {
        var options = new AirwallexOAuthOptions { ClientId = "c", RedirectUri = new Uri("https://example.com/") };

        var refused = Assert.Throws<ArgumentException>(() => new AuthorizeUrlBuilder(options).Build(new AuthorizeRequest { State = "s" }));
        Assert.Contains("Scopes", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = "s", Scopes = [] }));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("line\nbreak")]
    public void A_scope_that_is_not_one_word_is_refused(string scope) => Assert.Throws<ArgumentException>(
        () => new AuthorizeUrlBuilder(Options).Build(new AuthorizeRequest { State = "s", Scopes = [scope] }));

    [Fact]
    public void A_request_without_an_absolute_redirect_uri_is_refused()
    {
        var options = new AirwallexOAuthOptions { ClientId = "c", Scopes = ["s"] };

        var refused = Assert.Throws<ArgumentException>(() => new AuthorizeUrlBuilder(options).Build(new AuthorizeRequest { State = "s" }));
        Assert.Contains("RedirectUri", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new AuthorizeUrlBuilder(Options).Build(
            new AuthorizeRequest { State = "s", RedirectUri = new Uri("/callback", UriKind.Relative) }));
    }

    [Fact]
    public void A_builder_without_a_client_id_says_so() => Assert.Contains(
        "ClientId",
        Assert.Throws<ArgumentException>(() => new AuthorizeUrlBuilder(new AirwallexOAuthOptions()).Build(new AuthorizeRequest { State = "s" })).Message,
        StringComparison.Ordinal);
}
