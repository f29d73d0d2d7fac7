using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>Where a token may go.</summary>
public sealed class HostRuleTests
{
    [Theory]
    [InlineData("https://api-demo.airwallex.com/api/v1/account", true)]
    [InlineData("https://API-DEMO.airwallex.com/api/v1/account", true)]
    [InlineData("https://api-demo.airwallex.com:443/api/v1/account", true)]
    [InlineData("https://api-demo.airwallex.com:8443/api/v1/account", false)]
    [InlineData("http://api-demo.airwallex.com/api/v1/account", false)]
    [InlineData("https://api.airwallex.com/api/v1/account", false)]
    [InlineData("https://api-demo.airwallex.com.evil.example/", false)]
    [InlineData("https://api-demo.airwallex.com@evil.example/", false)]
    [InlineData("https://evil.example/?api-demo.airwallex.com", false)]
    [InlineData("https://airwallex.com/", false)]
    [InlineData("http://localhost/", false)]
    [InlineData("ftp://api-demo.airwallex.com/", false)]
    public void A_token_goes_to_the_host_of_the_API_alone(string address, bool allowed) =>
        Assert.Equal(allowed, new ApiHosts(new AirwallexOAuthOptions()).Allows(new Uri(address)));

    [Theory]
    [InlineData("files.example.com", "https://files.example.com/x", true)]
    [InlineData("files.example.com", "https://files.example.com:8443/x", true)]
    [InlineData("files.example.com", "http://files.example.com/x", false)]
    [InlineData("files.example.com", "https://more.files.example.com/x", false)]
    [InlineData("files.example.com:8443", "https://files.example.com:8443/x", true)]
    [InlineData("files.example.com:8443", "https://files.example.com/x", false)]
    [InlineData("FILES.example.com", "https://files.EXAMPLE.com/x", true)]
    [InlineData("[::1]:5000", "http://[::1]:5000/x", true)]
    [InlineData("[::1]", "http://[::1]:6000/x", true)]
    [InlineData("[::1]:5000", "http://[::1]:6000/x", false)]
    [InlineData("127.0.0.1", "http://127.0.0.1:6000/x", true)]
    public void A_listed_host_is_allowed_with_any_port_or_with_the_listed_one(
        string listed, string address, bool allowed) =>
        Assert.Equal(allowed,
            new ApiHosts(new AirwallexOAuthOptions { AdditionalApiHosts = [listed] }).Allows(new Uri(address)));

    [Theory]
    [InlineData("files.example.com", true)]
    [InlineData("files.example.com:1", true)]
    [InlineData("files.example.com:65535", true)]
    [InlineData("files.example.com:0", false)]
    [InlineData("files.example.com:65536", false)]
    [InlineData("files.example.com:", false)]
    [InlineData("files.example.com:+443", false)]
    [InlineData("https://files.example.com", false)]
    public void A_listed_host_is_a_name_with_or_without_a_port(string listed, bool isHost) =>
        Assert.Equal(isHost, ApiHosts.IsHost(listed));

    [Theory]
    [InlineData("http://localhost:5000/", "http://localhost:5000/api", true)]
    [InlineData("http://localhost:5000/", "http://localhost:5001/api", false)]
    [InlineData("http://127.0.0.1:5000/", "http://localhost:5000/api", false)]
    [InlineData("http://[::1]:5000/", "http://[::1]:5000/api", true)]
    public void On_loopback_http_will_do_but_host_and_port_must_be_the_APIs(string api, string address, bool allowed) =>
        Assert.Equal(allowed,
            new ApiHosts(new AirwallexOAuthOptions { ApiBaseAddress = new Uri(api) }).Allows(new Uri(address)));

    [Fact]
    public async Task A_refused_address_is_named_without_its_path_and_secrets()
    {
        await using var program = new ApiProgram(services => services.AddHttpClient("mine").AddAirwallexToken());
        using var pipeline = new HttpMessageInvoker(program.Get<IHttpMessageHandlerFactory>().CreateHandler("mine"));
        program.Client("mine"); // It is given a base address, which addresses are compared with.

        var absolute = await RefuseAsync(new Uri("https://evil.example/path?secret=1"));
        var relative = await RefuseAsync(new Uri("path", UriKind.Relative));

        Assert.StartsWith("Nothing was sent to https://evil.example: ", absolute, StringComparison.Ordinal);
        Assert.StartsWith("Nothing was sent to a relative address: ", relative, StringComparison.Ordinal);

        async Task<string> RefuseAsync(Uri address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.SetAirwallexAccount(ApiProgram.Account);
            var refused = await Assert.ThrowsAsync<AirwallexOAuthException>(
                () => pipeline.SendAsync(request, CancellationToken.None));
            return refused.Message;
        }
    }

    [Theory]
    [InlineData("https://evil.example/collect?secret=1")]
    [InlineData("https://user:secret=1@evil.example/")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://localhost:81/")]
    public async Task A_request_to_another_host_is_not_sent_and_costs_no_refresh(string address)
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        program.Time.Advance(TimeSpan.FromMinutes(6));

        var refused = await Assert.ThrowsAsync<AirwallexOAuthException>(
            () => program.ClientOf().GetAsync(new Uri(address)));

        Assert.Contains("AdditionalApiHosts", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret=1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ApiProgram.Account, refused.AccountId);
        Assert.Empty(program.Api.Requests);
        Assert.Equal(0, program.Api.Refreshes);
    }
}
