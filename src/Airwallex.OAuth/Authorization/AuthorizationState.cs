using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Airwallex.OAuth;

/// <summary>
/// The <c>state</c> of an authorize request: created for each one, kept in the customer's session, compared on the
/// way back. Thread-safe. See RFC 6749, section 10.12.
/// </summary>
public static class AuthorizationState
{
    /// <summary>Creates a state.</summary>
    /// <returns>256 random bits in 43 URL-safe characters.</returns>
    public static string Create() => UrlSafe.Encode(RandomNumberGenerator.GetBytes(32));

    /// <summary>
    /// Tells whether the state that came back is the one that was kept. The time it takes says nothing about where
    /// they differ.
    /// </summary>
    /// <param name="expected">The state kept in the customer's session.</param>
    /// <param name="actual">The state in the redirect.</param>
    /// <returns>
    /// True when both are the same. False when either is null or empty: a missing state never matches, not even a
    /// missing state.
    /// </returns>
    public static bool Matches(string? expected, string? actual) =>
        !string.IsNullOrEmpty(expected) && !string.IsNullOrEmpty(actual)
        && CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(expected.AsSpan()), MemoryMarshal.AsBytes(actual.AsSpan()));
}
