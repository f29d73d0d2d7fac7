using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>The two addresses a customer's browser visits: where the flow starts, and where Airwallex sends it back to.</summary>
internal static class ConnectEndpoint
{
    public static Task StartAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var signUp = false;
        if (query["sign_up"] is { Count: > 0 } asked && (asked.Count > 1 || !bool.TryParse(asked, out signUp)))
        {
            return RefuseAsync(context, "sign_up must be true or false.");
        }

        string? returnUrl = "/";
        if (query["returnUrl"] is { Count: > 0 } wanted && (wanted.Count > 1 || !LocalUrl.TryEncode(wanted, out returnUrl)))
        {
            return RefuseAsync(context, "returnUrl must be an address of this site, such as /settings.");
        }

        var scopes = query["scopes"].SelectMany(value => value?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? []).ToList();
        var properties = new ConnectProperties
        {
            RedirectUri = returnUrl,
            SignUp = signUp,
            Scopes = scopes.Count > 0 ? scopes : null,
        };
        return context.ChallengeAsync(ConnectFlowDefaults.AuthenticationScheme, properties);
    }

    public static async Task FinishAsync(HttpContext context)
    {
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        var handler = (ConnectHandler)(await handlers.GetHandlerAsync(context, ConnectFlowDefaults.AuthenticationScheme).ConfigureAwait(false))!;
        await handler.HandleCallbackAsync().ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, string detail) =>
        ConnectResponse.WriteAsync(context, StatusCodes.Status400BadRequest, "This link cannot be used", detail, "/");
}
