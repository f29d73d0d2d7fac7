using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// The <c>state</c> of an authorize request: created for each one, kept in the customer's session, compared on the way back.
/// Thread-safe. See RFC 6749, section 10.12.
/// </summary>
public static class AuthorizationState
{
    /// <summary>A new state: 256 random bits in 43 URL-safe characters.</summary>
    public static string Create() => UrlSafe.Encode(RandomNumberGenerator.GetBytes(32));

    /// <summary>
    /// Whether the state that came back is the one that was kept, compared in constant time. False when either is null or empty:
    /// a missing state is no match, not even with a missing state.
    /// </summary>
    /// <param name="expected">The state kept in the customer's session.</param>
    /// <param name="actual">The state in the redirect.</param>
    public static bool Matches(string? expected, string? actual) =>
        !string.IsNullOrEmpty(expected) && !string.IsNullOrEmpty(actual)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(actual));
}
