using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Whom the application has signed in, and how one user is told from another.</summary>
internal static class ConnectUser
{
    private static readonly string[] s_identifiers = ["sub", ClaimTypes.NameIdentifier, ClaimTypes.Upn];

    /// <summary>
    /// The user of the request. UseAuthentication may be missing from the pipeline, or not have come to its default
    /// scheme yet.
    /// </summary>
    public static async Task<ClaimsPrincipal> GetAsync(HttpContext context)
    {
        if (!IsSignedIn(context.User)
            && context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>() is { } schemes
            && await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } scheme
            && await context.AuthenticateAsync(scheme.Name).ConfigureAwait(false) is { Principal: { } principal })
        {
            context.User = principal;
        }

        return context.User;
    }

    /// <summary>Whether the application has any way to sign users in.</summary>
    public static async Task<bool> CanSignInAsync(HttpContext context)
    {
        var schemes = context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>();
        var all = await schemes.GetAllSchemesAsync().ConfigureAwait(false);
        return all.Any(scheme => scheme.HandlerType != typeof(ConnectHandler));
    }

    public static ClaimsPrincipal FromClaim(Claim claim) =>
        new(new ClaimsIdentity([claim], ConnectFlowDefaults.AuthenticationScheme));

    /// <summary>
    /// The claim that identifies the user; null when nobody is signed in. As in ASP.NET Core's antiforgery, a user
    /// without an identifier is known by all claims together.
    /// </summary>
    public static Claim? Identify(ClaimsPrincipal user)
    {
        if (!IsSignedIn(user))
        {
            return null;
        }

        var identity = user.Identities.First(identity => identity.IsAuthenticated);
        return s_identifiers.Append(identity.NameClaimType)
            .Select(identity.FindFirst)
            .FirstOrDefault(claim => !string.IsNullOrEmpty(claim?.Value)) ?? Digest(identity);
    }

    private static bool IsSignedIn(ClaimsPrincipal user) => user.Identities.Any(identity => identity.IsAuthenticated);

    private static Claim Digest(ClaimsIdentity identity)
    {
        var claims = identity.Claims.Select(claim => $"{claim.Type}\n{claim.Value}").Order(StringComparer.Ordinal);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', claims)));
        return new Claim("airwallex:user", Convert.ToBase64String(digest));
    }
}
