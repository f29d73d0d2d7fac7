using Microsoft.Extensions.Http;

namespace Airwallex.OAuth;

/// <summary>
/// Turns cookies off on clients that carry access tokens or speak with the token endpoint, and redirects on the latter.
/// It runs after every other configuration of a client, so the handler may come from anywhere.
/// </summary>
/// <remarks>
/// A cookie of one account must not travel with another's request. A redirect would carry the client secret to another
/// address.
/// </remarks>
internal sealed class PrimaryHandlerFilter(IEnumerable<ApplicationRegistration> applications)
    : IHttpMessageHandlerBuilderFilter
{
    private readonly HashSet<string> _tokenClients =
        [.. applications.Select(application => application.TokenClientName)];

    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        next(builder);
        if (builder.Name is { } name && _tokenClients.Contains(name))
        {
            TurnOff(builder, redirects: true);
        }
        else if (builder.AdditionalHandlers.Any(handler => handler is AirwallexTokenHandler))
        {
            TurnOff(builder, redirects: false);
        }
    };

    private static void TurnOff(HttpMessageHandlerBuilder builder, bool redirects)
    {
        try
        {
            for (var handler = builder.PrimaryHandler; handler is not null; handler = InnerOf(handler))
            {
                TurnOff(handler, redirects);
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The primary handler of the HTTP client '{builder.Name}' is in use already, so its " +
                (redirects ? "cookies and redirects" : "cookies") + " can no longer be turned off. Make a new " +
                "handler for each client, or turn them off where the handler is made.", exception);
        }
    }

    private static HttpMessageHandler? InnerOf(HttpMessageHandler handler) =>
        (handler as DelegatingHandler)?.InnerHandler;

    // Set only where it must change: a handler in use refuses even the value that it has.
    private static void TurnOff(HttpMessageHandler handler, bool redirects)
    {
        switch (handler)
        {
            case SocketsHttpHandler sockets:
                if (sockets.UseCookies)
                {
                    sockets.UseCookies = false;
                }

                if (redirects && sockets.AllowAutoRedirect)
                {
                    sockets.AllowAutoRedirect = false;
                }

                break;
            case HttpClientHandler client:
                if (client.UseCookies)
                {
                    client.UseCookies = false;
                }

                if (redirects && client.AllowAutoRedirect)
                {
                    client.AllowAutoRedirect = false;
                }

                break;
        }
    }
}
