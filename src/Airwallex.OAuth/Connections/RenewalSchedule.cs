using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// When a refresh token is due for renewal: within the window, spread by a stable hash of the account.
/// </summary>
internal static class RenewalSchedule
{
    private static readonly TimeSpan WhenExpiryIsUnknown = TimeSpan.FromDays(1);

    public static DateTimeOffset RenewAt(TokenSet tokens, KeepAliveOptions keepAlive)
    {
        var share = keepAlive.WindowStart + (keepAlive.WindowEnd - keepAlive.WindowStart) * Spread(tokens.AccountId);
        return tokens.IssuedAt + Life(tokens) * share;
    }

    public static DateTimeOffset WindowEnd(TokenSet tokens, KeepAliveOptions keepAlive) =>
        tokens.IssuedAt + Life(tokens) * keepAlive.WindowEnd;

    private static TimeSpan Life(TokenSet tokens) =>
        tokens.RefreshTokenExpiresAt is { } expiresAt && expiresAt > tokens.IssuedAt
            ? expiresAt - tokens.IssuedAt
            : WhenExpiryIsUnknown;

    // The same on every instance and after every restart, which string.GetHashCode is not.
    private static double Spread(string accountId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(accountId), hash);
        return BitConverter.ToUInt32(hash) / (double)uint.MaxValue;
    }
}
