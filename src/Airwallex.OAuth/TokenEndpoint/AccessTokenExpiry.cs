using System.IdentityModel.Tokens.Jwt;

namespace Airwallex.OAuth;

/// <summary>Reads when an access token expires from the token itself. Thread-safe. See "Check token validity" on Airwallex's page "Authorize new customers".</summary>
public static class AccessTokenExpiry
{
    private static readonly JwtSecurityTokenHandler Reader = new();

    /// <summary>
    /// The <c>exp</c> of a JWT access token. It is decoded, never verified: only Airwallex can check its own tokens.
    /// False, and no exception, for an opaque token, a damaged one, or one without <c>exp</c>.
    /// </summary>
    public static bool TryRead(string? accessToken, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        if (string.IsNullOrEmpty(accessToken) || !Reader.CanReadToken(accessToken))
        {
            return false;
        }

        try
        {
            if (Reader.ReadJwtToken(accessToken).Payload.Expiration is not { } seconds)
            {
                return false;
            }

            expiresAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever cannot be decoded is opaque to us. The exception is dropped because its message may quote the token.
            return false;
        }
    }
}
