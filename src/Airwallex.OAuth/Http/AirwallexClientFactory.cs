using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Makes <see cref="HttpClient"/>s that are bound to one account. Injected as a singleton; thread-safe.</summary>
public sealed class AirwallexClientFactory
{
    /// <summary>
    /// The name of the client that <see cref="CreateClient(string)"/> uses; <c>services.AddHttpClient(AirwallexClientFactory.ClientName)</c> configures it.
    /// </summary>
    public const string ClientName = "Airwallex";

    private readonly IHttpMessageHandlerFactory _handlers;
    private readonly IOptionsMonitor<HttpClientFactoryOptions> _clients;

    internal AirwallexClientFactory(IHttpMessageHandlerFactory handlers, IOptionsMonitor<HttpClientFactoryOptions> clients)
    {
        _handlers = handlers;
        _clients = clients;
    }

    /// <summary>
    /// A client whose requests all go to the API on behalf of <paramref name="accountId"/>, over the pooled pipeline. Cheap: make one for each
    /// piece of work and let it go, as with <c>IHttpClientFactory</c>. It need not be disposed of.
    /// </summary>
    /// <param name="accountId">The connected account. Whether it is connected shows with the first request.</param>
    /// <exception cref="ArgumentException">The account id is empty.</exception>
    public HttpClient CreateClient(string accountId) => CreateClient(accountId, ClientName);

    /// <summary>The same over the pipeline of a client registered with <c>AddHttpClient(name).AddAirwallexToken()</c>.</summary>
    /// <param name="accountId">The connected account.</param>
    /// <param name="name">The name of the registered client.</param>
    /// <exception cref="ArgumentException">The account id or the name is empty.</exception>
    public HttpClient CreateClient(string accountId, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        ArgumentException.ThrowIfNullOrEmpty(name);

        var client = new HttpClient(new AccountHandler(accountId, _handlers.CreateHandler(name)), disposeHandler: false);
        foreach (var configure in _clients.Get(name).HttpClientActions)
        {
            configure(client);
        }

        return client;
    }

    /// <summary>Marks each request with the account; the pooled handlers below it hold none.</summary>
    private sealed class AccountHandler(string accountId, HttpMessageHandler pooled) : DelegatingHandler(pooled)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.SendAsync(request.SetAirwallexAccount(accountId), cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.Send(request.SetAirwallexAccount(accountId), cancellationToken);
    }
}
