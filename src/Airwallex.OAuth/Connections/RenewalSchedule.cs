using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>When a refresh token is due for renewal: within the window, spread by a stable hash of the account.</summary>
internal static class RenewalSchedule
{
    public static readonly KeepAliveOptions Default = new();

    public static DateTimeOffset RenewAt(TokenSet tokens, KeepAliveOptions keepAlive)
    {
        var life = tokens.RefreshTokenExpiresAt - tokens.IssuedAt;
        var share = keepAlive.WindowStart + (keepAlive.WindowEnd - keepAlive.WindowStart) * Spread(tokens.AccountId);
        var inWindow = life * share;
        return tokens.IssuedAt + (keepAlive.RenewalInterval is { } interval && interval < inWindow ? interval : inWindow);
    }

    public static DateTimeOffset WindowEnd(TokenSet tokens, KeepAliveOptions keepAlive) =>
        tokens.IssuedAt + (tokens.RefreshTokenExpiresAt - tokens.IssuedAt) * keepAlive.WindowEnd;

    // The same on every instance and after every restart, which string.GetHashCode is not.
    private static double Spread(string accountId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(accountId), hash);
        return BitConverter.ToUInt32(hash) / (double)uint.MaxValue;
    }
}
