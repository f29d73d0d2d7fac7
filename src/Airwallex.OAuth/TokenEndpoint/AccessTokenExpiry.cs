using System.Globalization;
using System.IdentityModel.Tokens.Jwt;

namespace Airwallex.OAuth;

/// <summary>
/// Reads when an access token expires from the token itself. Thread-safe. See "Check token validity" on Airwallex's
/// page "Authorize new customers".
/// </summary>
public static class AccessTokenExpiry
{
    private static readonly JwtSecurityTokenHandler Reader = new();

    /// <summary>
    /// Reads the <c>exp</c> of a JWT access token. The token is decoded, never verified: only Airwallex can check its
    /// own tokens.
    /// </summary>
    /// <param name="accessToken">The access token; null and opaque tokens are allowed.</param>
    /// <param name="expiresAt">
    /// When the token expires by Airwallex's clock; the default value when the result is false.
    /// </param>
    /// <returns>
    /// True when the token says when it expires. False, and no exception, for an opaque token, a damaged one, or one
    /// without <c>exp</c>.
    /// </returns>
    public static bool TryRead(string? accessToken, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        if (Read(ReadClaims(accessToken), "exp") is not { } seconds
            || seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds()
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return false;
        }

        expiresAt = DateTimeOffset.FromUnixTimeSeconds((long)seconds);
        return true;
    }

    /// <summary>
    /// Reads how long a JWT lives: <c>exp − iat</c>. Both are of Airwallex's clock, so that ours does not matter.
    /// Null when either is missing, or when the result is not a lifetime.
    /// </summary>
    internal static TimeSpan? ReadLifetime(string? accessToken)
    {
        var claims = ReadClaims(accessToken);
        return Read(claims, "exp") - Read(claims, "iat") is { } seconds ? TokenLifetime.From(seconds) : null;
    }

    private static JwtPayload? ReadClaims(string? accessToken)
    {
        try
        {
            return !string.IsNullOrEmpty(accessToken) && Reader.CanReadToken(accessToken)
                ? Reader.ReadJwtToken(accessToken).Payload : null;
        }
        catch (Exception)
        {
            // What cannot be decoded is opaque to us. The exception is dropped because its message may quote the token.
            return null;
        }
    }

    private static double? Read(JwtPayload? claims, string name) =>
        claims is not null && claims.TryGetValue(name, out var value) && value is int or long or double or decimal
            ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;
}
