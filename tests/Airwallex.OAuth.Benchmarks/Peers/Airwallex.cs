using System.Net;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>This library as a program registers it, with a token endpoint in the process.</summary>
internal sealed class AirwallexPeer : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    /// <param name="respond">The response of the token endpoint to the n-th request.</param>
    /// <param name="store">The token store. Default: one in memory.</param>
    /// <param name="protection">What encrypts, where the store is not the one in memory.</param>
    /// <param name="time">The clock. Default: the system's.</param>
    public AirwallexPeer(
        Func<int, Task<string>> respond,
        ITokenStore? store = null,
        IDataProtectionProvider? protection = null,
        TimeProvider? time = null)
    {
        var endpoint = new Endpoint(async number =>
        {
            var body = await respond(number);
            Interlocked.Increment(ref _tokenRequests);
            return body;
        });
        var services = new ServiceCollection();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        if (protection is not null)
        {
            services.AddSingleton(protection);
        }

        services.AddAirwallexOAuth(options =>
        {
            options.ClientId = "client";
            options.ClientSecret = "secret";
            options.RedirectUri = new Uri("https://app.example/callback");
            options.ApiBaseAddress = new Uri(Tokens.Address, "/");
        }).AddTokenStore(_ => store ?? new InMemoryTokenStore());
        services.PostConfigureAll<HttpClientFactoryOptions>(options =>
            options.HttpMessageHandlerBuilderActions.Add(builder => builder.PrimaryHandler = endpoint));
        _services = services.BuildServiceProvider();
        Application = _services.GetRequiredService<AirwallexApplications>().Get("");
        Application.HostIsRunning = true;
    }

    private int _tokenRequests;

    public int TokenRequests => Volatile.Read(ref _tokenRequests);

    public AirwallexApplication Application { get; }

    public AirwallexConnections Connections => Application.Connections;

    /// <summary>Connects an account; the code is its id.</summary>
    public async Task ConnectAsync(string accountId) => await Connections.ConnectAsync(accountId);

    public Client CreateClient(HttpMessageHandler inner, string accountId)
    {
        var api = _services.GetRequiredKeyedService<ApiAddress>("");
        var client = new AirwallexTokenHandler(api, selector: null) { InnerHandler = inner };
        api.HandOutBaseAddress(); // As every HttpClient does.
        return new HandlerClient(
            client, new HttpRequestMessage(HttpMethod.Get, Tokens.Address).SetAirwallexAccount(accountId));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Endpoint(Func<int, Task<string>> respond) : HttpMessageHandler
    {
        private int _requests;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            var body = await respond(Interlocked.Increment(ref _requests));
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(
                body, Encoding.UTF8, "application/json")
            };
        }
    }
}
