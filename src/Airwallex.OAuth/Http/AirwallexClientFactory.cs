using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Makes <see cref="HttpClient"/>s that are bound to one account. Injected as a singleton, keyed by the name of its
/// application; thread-safe. Members are virtual and a constructor is protected, so that the class can be mocked.
/// </summary>
public class AirwallexClientFactory
{
    private readonly ApplicationRegistration _application = null!;
    private readonly IHttpMessageHandlerFactory _handlers = null!;
    private readonly IOptionsMonitor<HttpClientFactoryOptions> _clients = null!;

    /// <summary>For mocks.</summary>
    protected AirwallexClientFactory()
    {
    }

    internal AirwallexClientFactory(
        ApplicationRegistration application,
        IHttpMessageHandlerFactory handlers,
        IOptionsMonitor<HttpClientFactoryOptions> clients)
    {
        _application = application;
        _handlers = handlers;
        _clients = clients;
    }

    /// <summary>
    /// A client whose requests all go to the API for <paramref name="accountId"/>, over a pooled pipeline that
    /// <see cref="AirwallexOAuthBuilder.ApiHttpClient"/> configures. Cheap: make one for each piece of work, as with
    /// <see cref="IHttpClientFactory"/>. It need not be disposed of.
    /// </summary>
    /// <param name="accountId">The connected account. Whether it is connected shows with the first request.</param>
    /// <exception cref="ArgumentException">The account id is malformed.</exception>
    public virtual HttpClient CreateClient(string accountId) => Create(accountId, _application.ApiClientName);

    /// <summary>
    /// The same over the pipeline of a client registered with <c>AddHttpClient(name).AddAirwallexToken()</c>.
    /// </summary>
    /// <param name="accountId">The connected account.</param>
    /// <param name="name">The name of the registered client.</param>
    /// <exception cref="ArgumentException">
    /// The account id is malformed, or no client of that name carries tokens of this application.
    /// </exception>
    public virtual HttpClient CreateClient(string accountId, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var application = TokenHandlerInstaller.Find(_clients.Get(name))?.Application ?? throw new ArgumentException(
            $"The HTTP client '{name}' carries no access tokens: register it with " +
            $"services.AddHttpClient(\"{name}\").AddAirwallexToken(), or correct the name.", nameof(name));
        return application == _application.Name ? Create(accountId, name) : throw new ArgumentException(
            $"The HTTP client '{name}' carries access tokens of {ApplicationRegistration.Describe(application)}, and " +
            $"this factory makes clients of {ApplicationRegistration.Describe(_application.Name)}.", nameof(name));
    }

    private HttpClient Create(string accountId, string name)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        var client = new HttpClient(
            new AccountHandler(accountId, _handlers.CreateHandler(name)), disposeHandler: false);
        foreach (var configure in _clients.Get(name).HttpClientActions)
        {
            configure(client);
        }

        return client;
    }

    /// <summary>Marks each request with the account; the pooled handlers below it hold none.</summary>
    private sealed class AccountHandler(string accountId, HttpMessageHandler pooled) : DelegatingHandler(pooled)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.SendAsync(request.SetAirwallexAccount(accountId), cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.Send(request.SetAirwallexAccount(accountId), cancellationToken);
    }
}
