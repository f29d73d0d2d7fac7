using System.Diagnostics.CodeAnalysis;
using Airwallex.OAuth.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Maps the browser flow and the webhooks.</summary>
public static class ConnectFlowEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps three endpoints under <paramref name="prefix"/>:
    /// <list type="bullet">
    /// <item><c>GET connect?sign_up=true&amp;returnUrl=/settings&amp;scopes=a+b</c> sends the customer to Airwallex. All parameters are optional;
    /// a <c>returnUrl</c> that is not local is refused with 400.</item>
    /// <item><c>GET callback</c> is where Airwallex sends the customer back to; it must be <see cref="ConnectFlowOptions.CallbackPath"/>.</item>
    /// <item><c>POST webhooks</c> receives Airwallex's events. It allows anonymous requests, whatever the group requires: Airwallex cannot
    /// sign in, its signature is checked instead. Rate limits of the group do apply to it.</item>
    /// </list>
    /// </summary>
    /// <returns>The group, for <c>.RequireAuthorization()</c>, <c>.RequireRateLimiting(…)</c> and the like.</returns>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">What the paths of the endpoints begin with. Default: <c>/airwallex</c>.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// <c>AddConnectFlow</c> was not called, or the callback would be served at another path than <see cref="ConnectFlowOptions.CallbackPath"/>.
    /// </exception>
    public static RouteGroupBuilder MapAirwallexOAuth(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix = "/airwallex")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);

        var services = endpoints.ServiceProvider;
        var memory = services.GetService<ConnectFlowMemory>()
            ?? throw new InvalidOperationException("MapAirwallexOAuth needs the connect flow: call services.AddAirwallexOAuth(…).AddConnectFlow().");
        var callbackPath = services.GetRequiredService<IOptions<ConnectFlowOptions>>().Value.CallbackPath;
        // In a group, the whole path is known only when the endpoints are built.
        if (endpoints is not RouteGroupBuilder)
        {
            CheckCallback(prefix.TrimEnd('/') + "/callback", callbackPath);
        }

        var group = endpoints.MapGroup(prefix);
        group.MapGet("/connect", ConnectEndpoint.StartAsync).WithDisplayName("Airwallex connect");
        group.MapGet("/callback", ConnectEndpoint.FinishAsync).WithDisplayName("Airwallex callback")
            .Finally(endpoint => CheckCallback(((RouteEndpointBuilder)endpoint).RoutePattern.RawText, callbackPath));
        group.MapPost("/webhooks", services.GetRequiredService<WebhookReceiver>().ReceiveAsync).WithDisplayName("Airwallex webhooks").AllowAnonymous();
        memory.CallbackIsMapped = true;
        return group;
    }

    private static void CheckCallback(string? mapped, PathString expected)
    {
        var path = "/" + mapped?.Trim('/');
        if (!string.Equals(path, expected.Value?.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(
                $"MapAirwallexOAuth serves the callback at {path}, but ConnectFlowOptions.CallbackPath is {expected.Value}: customers would come back to a page that is not there. "
                + $"Set ConnectFlowOptions.CallbackPath to {path}, or map the endpoints under the path before /callback.");
        }
    }
}
