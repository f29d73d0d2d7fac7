using System.Net;
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
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) };
    });

    public static TheoryData<string> Malformed => ["", " ", "\t", "a\nb", "a\u0000b", "a\u0085b", new string('c', 8193)];

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
            "client_id=client_1&client_secret=s3cret%2F%2B%26%3D&grant_type=refresh_token&refresh_token=TIg7rEHqjxP3-_0",
            Assert.Single(_bodies));
    }

    [Fact]
    public async Task An_operation_sends_the_same_form_with_the_options_it_has_taken()
    {
        var taken = new AirwallexOAuthOptions { ClientId = "client_2", ClientSecret = "second" };

        await Client.SendAsync(
            new RefreshTokenRequest
            {
                Options = taken,
                RefreshToken = UsedToken,
                Previous = Previous,
                ResponseTimeout = TimeSpan.FromSeconds(8),
            },
            CancellationToken.None);

        Assert.Equal(
            "client_id=client_2&client_secret=second&grant_type=refresh_token&refresh_token=refresh-token-1",
            Assert.Single(_bodies));
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
    public async Task The_length_of_the_form_is_announced()
    {
        var length = 0L;
        await RefreshAsync(new Pipeline(async request =>
        {
            length = request.Content!.Headers.ContentLength!.Value;
            Assert.Equal(length, (await request.Content.ReadAsByteArrayAsync()).Length);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) };
        }));

        Assert.True(length > 50);
    }

    [Fact]
    public async Task A_handler_may_read_the_body_synchronously()
    {
        var body = "";
        await RefreshAsync(new Pipeline(request =>
        {
            using var reader = new StreamReader(request.Content!.ReadAsStream());
            body = reader.ReadToEnd();
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) });
        }));

        Assert.StartsWith("client_id=client_1&", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_redirect_uri_and_the_verifier_of_the_call_are_sent()
    {
        await Client.ExchangeCodeAsync("code_1", new Uri("https://other.example/back"), "verifier_1");

        Assert.EndsWith(
            "&redirect_uri=https%3A%2F%2Fother.example%2Fback&code_verifier=verifier_1",
            Assert.Single(_bodies), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_code_or_verifier_is_not_sent(string value)
    {
        var code = await Assert.ThrowsAsync<ArgumentException>(() => Client.ExchangeCodeAsync(value));
        var verifier = await Assert.ThrowsAsync<ArgumentException>(() => Client.ExchangeCodeAsync("code_1", null, value));

        Assert.Equal("code", code.ParamName);
        Assert.Equal("codeVerifier", verifier.ParamName);
        Assert.Empty(_requests);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    [InlineData("two words")]
    [InlineData(" token")]
    [InlineData("tökén")]
    [InlineData("token\u007f")]
    public async Task A_refresh_token_that_is_not_sound_is_not_sent(string value)
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => Client.RefreshAsync(value));

        Assert.Equal("refreshToken", refused.ParamName);
        Assert.Contains("visible ASCII", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task What_is_null_is_not_sent()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("code", () => Client.ExchangeCodeAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("refreshToken", () => Client.RefreshAsync(null!));
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task The_longest_code_and_refresh_token_are_sent()
    {
        await Client.ExchangeCodeAsync(new string('c', 8192));
        await Client.RefreshAsync(new string('~', 8191) + "!");

        Assert.Equal(2, _requests.Count);
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
        var client = new TokenClient(Wire.ToHttpClient(), monitor, Time);
        await client.RefreshAsync("r");

        monitor.CurrentValue = new AirwallexOAuthOptions { ClientId = "client_1", ClientSecret = "second" };
        await client.RefreshAsync("r");

        Assert.Contains("client_secret=second&", _bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_needs_its_parts()
    {
        using var http = new HttpClient();
        var monitor = new ChangingOptions { CurrentValue = Options };

        Assert.Throws<ArgumentNullException>("httpClient", () => new TokenClient(null!, Options));
        Assert.Throws<ArgumentNullException>("options", () => new TokenClient(http, (AirwallexOAuthOptions)null!));
        Assert.Throws<ArgumentNullException>("httpClient", () => new TokenClient(null!, monitor, Time));
        Assert.Throws<ArgumentNullException>("options", () => new TokenClient(http, (IOptionsMonitor<AirwallexOAuthOptions>)null!, Time));
        Assert.Throws<ArgumentNullException>("timeProvider", () => new TokenClient(http, monitor, null!));
    }

    private sealed class ChangingOptions : IOptionsMonitor<AirwallexOAuthOptions>
    {
        public required AirwallexOAuthOptions CurrentValue { get; set; }

        public AirwallexOAuthOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<AirwallexOAuthOptions, string?> listener) => null;
    }
}
