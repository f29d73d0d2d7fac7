using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Airwallex's signature: the lower-case hex HMAC-SHA256, keyed with the webhook's secret, of <c>x-timestamp</c>
/// followed at once by the raw body. See Airwallex's page "Listen for webhook events".
/// </summary>
internal static class WebhookSignature
{
    /// <summary>
    /// Whether one of the secrets made the signature. Takes as long for a near miss as for any other.
    /// </summary>
    public static bool IsValid(
        string signature, string timestamp, ReadOnlySequence<byte> body, IEnumerable<string> secrets)
    {
        var given = Encoding.UTF8.GetBytes(signature);
        var valid = false;
        foreach (var secret in secrets)
        {
            valid |= CryptographicOperations.FixedTimeEquals(given, Sign(secret, timestamp, body));
        }

        return valid;
    }

    private static byte[] Sign(string secret, string timestamp, ReadOnlySequence<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(timestamp));
        foreach (var segment in body)
        {
            hmac.AppendData(segment.Span);
        }

        return Encoding.UTF8.GetBytes(Convert.ToHexString(hmac.GetHashAndReset()).ToLowerInvariant());
    }
}
