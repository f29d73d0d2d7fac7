using System.Diagnostics.CodeAnalysis;
using Airwallex.OAuth.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth;

/// <summary>Maps the browser flow and the webhooks.</summary>
public static class ConnectFlowEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps three endpoints under <paramref name="prefix"/>:
    /// <list type="bullet">
    /// <item><c>GET connect?sign_up=true&amp;returnUrl=/settings</c> sends the customer to Airwallex. Both parameters
    /// are optional; a <c>returnUrl</c> that is not local, or longer than 1,024 characters, is refused with 400.
    /// Default: the application's root.</item>
    /// <item><c>GET callback</c> is where Airwallex sends the customer back to. Its path, with what comes before it, is
    /// the redirect URI to register with Airwallex.</item>
    /// <item><c>POST webhooks</c> receives Airwallex's events.</item>
    /// </list>
    /// </summary>
    /// <remarks>
    /// <c>callback</c> and <c>webhooks</c> allow anonymous requests, whatever the group requires: the state, its cookie
    /// and the user who started are checked at the one, Airwallex's signature at the other. Rate limits of the group
    /// apply to all three.
    /// </remarks>
    /// <returns>The group, for <c>.RequireAuthorization()</c>, <c>.RequireRateLimiting(…)</c> and the like.</returns>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="prefix">
    /// What the paths of the endpoints begin with, without route parameters. Default: <c>/airwallex</c>.
    /// </param>
    /// <param name="applicationName">
    /// The name that was given to <c>AddAirwallexOAuth</c>. Default: empty, the application without a name.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="prefix"/> does not begin with a slash.</exception>
    /// <exception cref="InvalidOperationException">
    /// <c>AddConnectFlow</c> was not called for the application, or its endpoints are mapped already.
    /// </exception>
    public static RouteGroupBuilder MapAirwallexOAuth(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string prefix = "/airwallex",
        string applicationName = "")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(applicationName);
        if (!prefix.StartsWith('/'))
        {
            throw new ArgumentException(
                $"The prefix '{prefix}' does not begin with '/'. Write \"/{prefix.TrimEnd('/')}\"; or, if '{prefix}' " +
                    $"is the name of an "
                + $"application, pass it as applicationName: MapAirwallexOAuth(\"/{prefix}/airwallex\", \"{prefix}\").",
                nameof(prefix));
        }

        var flow = endpoints.ServiceProvider.GetKeyedService<ConnectFlow>(applicationName)
            ?? throw new InvalidOperationException(ConnectFlow.Missing(applicationName));
        if (!flow.TryMap())
        {
            throw new InvalidOperationException(
                "The endpoints of this Airwallex application are mapped already: call MapAirwallexOAuth once for " +
                    "each application.");
        }

        var webhooks = endpoints.ServiceProvider.GetRequiredKeyedService<WebhookReceiver>(applicationName);
        var group = endpoints.MapGroup(prefix.TrimEnd('/'));
        group.MapGet(ConnectFlow.Connect, context => StartAsync(context, flow)).WithDisplayName("Airwallex connect");
        group.MapGet(ConnectFlow.Callback, context => FinishAsync(context, flow))
            .WithDisplayName("Airwallex callback").WithName(flow.CallbackEndpoint).AllowAnonymous();
        group.MapPost("/webhooks", webhooks.ReceiveAsync).WithDisplayName("Airwallex webhooks").AllowAnonymous();
        return group;
    }

    private static Task StartAsync(HttpContext context, ConnectFlow flow)
    {
        var query = context.Request.Query;
        var signUp = false;
        if (query["sign_up"] is { Count: > 0 } asked && (asked.Count > 1 || !bool.TryParse(asked, out signUp)))
        {
            return RefuseAsync(context, flow, "sign_up must be true or false.");
        }

        string? returnUrl = flow.Root(context.Request);
        if (query["returnUrl"] is { Count: > 0 } wanted
            && (wanted.Count > 1 || !LocalUrl.TryEncode(wanted, out returnUrl)))
        {
            return RefuseAsync(
                context, flow, $"returnUrl must be an address of this site, such as /settings, of at most " +
                    $"{LocalUrl.MaxLength} characters.");
        }

        var scheme = ConnectFlowDefaults.SchemeFor(flow.ApplicationName);
        return context.ChallengeAsync(scheme, new ConnectProperties { RedirectUri = returnUrl, SignUp = signUp });
    }

    private static async Task FinishAsync(HttpContext context, ConnectFlow flow)
    {
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        var scheme = ConnectFlowDefaults.SchemeFor(flow.ApplicationName);
        var handler = (ConnectHandler)(await handlers.GetHandlerAsync(context, scheme).ConfigureAwait(false))!;
        await handler.HandleCallbackAsync().ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, ConnectFlow flow, string detail)
    {
        var back = new ConnectPage.Link("Back to the start", flow.Root(context.Request));
        var page = new ConnectPage.Page("This link cannot be used", detail, back);
        return ConnectPage.WriteProblemAsync(context, StatusCodes.Status400BadRequest, page);
    }
}
