using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth;

/// <summary>Chooses the account of outgoing API requests by the incoming request that causes them.</summary>
public static class AirwallexTokenHttpContextExtensions
{
    /// <summary>
    /// Does what <c>AddAirwallexToken</c> does, for web applications: each request is sent for the account that
    /// <paramref name="accountOf"/> names for the HTTP request being handled, such as by the tenant of the signed-in
    /// user. A request on which <c>SetAirwallexAccount</c> was called goes to that account instead, which background
    /// work needs.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="accountOf">
    /// Names the account; null when it knows none, which fails the request. Called for each request, on its thread: it
    /// must be fast and thread-safe, and take services from the context, never from outside of it.
    /// </param>
    /// <returns>The builder.</returns>
    public static IHttpClientBuilder AddAirwallexTokenForHttpContext(
        this IHttpClientBuilder builder, Func<HttpContext, string?> accountOf)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddAirwallexToken(SelectorOf(builder, accountOf));
    }

    /// <summary>The same with access tokens of one of several applications.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="name">The name of the application, as in <c>AddAirwallexOAuth(name, …)</c>.</param>
    /// <param name="accountOf">
    /// Names the account; null when it knows none, which fails the request. Called for each request, on its thread: it
    /// must be fast and thread-safe, and take services from the context, never from outside of it.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    public static IHttpClientBuilder AddAirwallexTokenForHttpContext(
        this IHttpClientBuilder builder, string name, Func<HttpContext, string?> accountOf)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddAirwallexToken(name, SelectorOf(builder, accountOf));
    }

    private static AccountSelector SelectorOf(IHttpClientBuilder builder, Func<HttpContext, string?> accountOf)
    {
        ArgumentNullException.ThrowIfNull(accountOf);
        builder.Services.AddHttpContextAccessor();

        // The context flows with the call, so every instance of the accessor finds that of its caller. The handler's
        // own services are of another scope, and would name another customer.
        var accessor = new HttpContextAccessor();
        return _ => accessor.HttpContext is { } context ? accountOf(context) : null;
    }
}
