using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// The cookie that binds a flow to the browser that started it. Its path is that of the redirect URI that was really
/// sent, which is where the browser comes back to, whatever path base and proxies lie between.
/// </summary>
internal static class ConnectCookie
{
    private const string Started = "started";
    private const string Ended = "ended";

    // So that a reload or Back soon afterwards finds the way on, at any instance.
    private static readonly TimeSpan s_endedLifetime = TimeSpan.FromHours(1);

    public static void SetStarted(HttpContext context, CookieBuilder cookie, ConnectState state, TimeSpan lifetime) =>
        Set(context, cookie, state, Started, state.StartedAt + lifetime);

    public static void SetEnded(
        HttpContext context,
        CookieBuilder cookie,
        ConnectState state,
        string returnUrl,
        IDataProtector protector,
        DateTimeOffset now) =>
        Set(
            context,
            cookie,
            state,
            returnUrl == state.ReturnUrl ? Ended : protector.CreateProtector(state.FlowId).Protect(returnUrl),
            now + s_endedLifetime);

    /// <summary>Whether the browser has the cookie of the flow, and where the flow ended, if it did.</summary>
    public static bool TryRead(
        HttpContext context, CookieBuilder cookie, ConnectState state, IDataProtector protector, out string? endedAt)
    {
        var value = context.Request.Cookies[Name(cookie, state)];
        endedAt = null;
        if (value is null or Started)
        {
            return value is not null;
        }

        try
        {
            endedAt = value == Ended ? state.ReturnUrl : protector.CreateProtector(state.FlowId).Unprotect(value);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static string Name(CookieBuilder cookie, ConnectState state) => cookie.Name + state.FlowId;

    private static void Set(
        HttpContext context, CookieBuilder cookie, ConnectState state, string value, DateTimeOffset expires)
    {
        var options = cookie.Build(context);
        options.Path = state.RedirectUri.AbsolutePath;
        options.Expires = expires;
        // Behind a proxy, the request does not tell what the browser speaks.
        options.Secure |= state.RedirectUri.Scheme == Uri.UriSchemeHttps;
        context.Response.Cookies.Append(Name(cookie, state), value, options);
    }
}
