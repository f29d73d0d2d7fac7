using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace Airwallex.OAuth;

/// <summary>
/// The HTTP client of the token endpoint: one call, one request. A handler that retries or hedges would send a refresh
/// token twice.
/// </summary>
internal static class TokenHttpClient
{
    public static IHttpClientBuilder Add(IServiceCollection services, ApplicationRegistration registration)
    {
        // HttpClientFactory applies what is set for all clients before what is set for this one, in any order of
        // registration. So what is cleared here came from there, and what is added to this client by name stays.
        var builder = services.AddHttpClient(registration.TokenClientName)
            .RemoveAllLoggers() // A logger for all clients may be one that writes bodies.
            .ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => handlers.Clear());
        builder.Services.Configure<HttpClientFactoryOptions>(builder.Name, TokenHandlerInstaller.RemoveFrom);
        return builder;
    }

    public static TokenClient Create(
        IServiceProvider services, ApplicationRegistration registration, AirwallexApplication application)
    {
        var http = services.GetRequiredService<IHttpClientFactory>().CreateClient(registration.TokenClientName);
        http.Timeout = Timeout.InfiniteTimeSpan; // How long a response is waited for depends on the attempt.
        return new TokenClient(http, () => application.Options, application.Time);
    }
}
