using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RichardSzalay.MockHttp;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>What goes over the wire: the curl commands of Airwallex's page.</summary>
public sealed class TokenRequestTests : TokenEndpointTest
{
    private readonly List<string> _bodies = [];
    private readonly List<HttpRequestMessage> _requests = [];

    public TokenRequestTests() => Wire.When("*").Respond(async request =>
    {
        _requests.Add(request);
        _bodies.Add(await request.Content!.ReadAsStringAsync());
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodAnswer) };
    });

    [Fact]
    public async Task A_code_is_exchanged_with_the_form_of_Airwallexs_page_byte_for_byte()
    {
        await Client.ExchangeCodeAsync("code+1/=");

        Assert.Equal(
            "client_id=client_1&client_secret=s3cret%2F%2B%26%3D&code=code%2B1%2F%3D&grant_type=authorization_code"
            + "&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback",
            Assert.Single(_bodies));
    }

    [Fact]
    public async Task A_refresh_token_is_sent_with_the_form_of_Airwallexs_page_byte_for_byte()
    {
        await Client.RefreshAsync("TIg7rEHqjxP3-_0");

        Assert.Equal(
            "client_id=client_1&client_secret=s3cret%2F%2B%26%3D&grant_type=refresh_token&refresh_token=TIg7rEHqjxP3-_0", Assert.Single(_bodies));
    }

    [Fact]
    public async Task A_token_request_is_a_form_posted_to_the_environments_endpoint()
    {
        Options.Environment = AirwallexEnvironment.Production;

        await Client.RefreshAsync("r");

        var request = Assert.Single(_requests);
        Assert.Equal(HttpMethod.Post, request.Method);
        Assert.Equal("https://api.airwallex.com/oauth/token", request.RequestUri!.AbsoluteUri);
        Assert.Equal("application/x-www-form-urlencoded", request.Content!.Headers.ContentType!.ToString());
        Assert.Equal("application/json", request.Headers.Accept.ToString());
        Assert.Null(request.Headers.Authorization);
    }

    [Fact]
    public async Task The_redirect_uri_and_the_verifier_of_the_call_are_sent()
    {
        await Client.ExchangeCodeAsync("code_1", new Uri("https://other.example/back"), "verifier_1");

        Assert.EndsWith(
            "&redirect_uri=https%3A%2F%2Fother.example%2Fback&code_verifier=verifier_1", Assert.Single(_bodies), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public async Task An_empty_code_or_refresh_token_is_not_sent(string? value)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Client.ExchangeCodeAsync(value!));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Client.RefreshAsync(value!));
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task A_code_is_not_sent_while_no_redirect_uri_is_known()
    {
        Options.RedirectUri = null;

        await Assert.ThrowsAsync<ArgumentException>(() => Client.ExchangeCodeAsync("code_1"));
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task A_changed_secret_takes_effect_with_the_next_request()
    {
        var monitor = new ChangingOptions { CurrentValue = Options };
        var client = new TokenClient(Wire.ToHttpClient(), monitor, Time, NullLogger<TokenClient>.Instance);
        await client.RefreshAsync("r");

        monitor.CurrentValue = new AirwallexOAuthOptions { ClientId = "client_1", ClientSecret = "second" };
        await client.RefreshAsync("r");

        Assert.Contains("client_secret=second&", _bodies[1], StringComparison.Ordinal);
    }

    private sealed class ChangingOptions : IOptionsMonitor<AirwallexOAuthOptions>
    {
        public required AirwallexOAuthOptions CurrentValue { get; set; }

        public AirwallexOAuthOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<AirwallexOAuthOptions, string?> listener) => null;
    }
}
