using System.Net;
using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Programs that reach the internet through a proxy alone, which they set for all clients.</summary>
public sealed class ProxyTests
{
    // Nothing listens there: only the proxy knows a way.
    private static readonly Uri s_airwallex = new("http://127.0.0.1:9/");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_proxy_for_all_clients_leads_to_the_token_endpoint_and_to_the_API(bool proxyFirst)
    {
        // A server takes requests to a proxy as it takes others, so the simulator is behind its own proxy.
        await using var airwallex = await AirwallexSimulator.StartAsync();
        var services = new ServiceCollection();
        var proxy = () => services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(
            () => new SocketsHttpHandler { Proxy = new WebProxy(airwallex.BaseAddress) }));
        var library = () => services.AddAirwallexOAuth(options =>
        {
            options.ClientId = airwallex.DefaultClient.ClientId;
            options.ClientSecret = airwallex.DefaultClient.ClientSecret;
            options.RedirectUri = new Uri("http://localhost/callback");
            options.TokenEndpoint = new Uri(s_airwallex, "oauth/token");
            options.ApiBaseAddress = s_airwallex;
        });
        if (proxyFirst)
        {
            proxy();
        }

        library();
        services.AddHttpClient<AccountsClient>().AddAirwallexToken(_ => "acct_1");
        if (!proxyFirst)
        {
            proxy();
        }

        await using var provider = services.BuildServiceProvider();
        var connections = provider.GetRequiredService<AirwallexConnections>();

        await connections.ConnectAsync(airwallex.ConnectAccount("acct_1"));
        await connections.RefreshAsync("acct_1");

        Assert.Equal("acct_1", await provider.GetRequiredService<AccountsClient>().GetIdAsync());
        Assert.Equal(
            ["authorization_code", "refresh_token", null], airwallex.Journal.Select(entry => entry.GrantType));
    }
}
