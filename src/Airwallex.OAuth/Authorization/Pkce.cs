using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// A verifier and its challenge (RFC 7636, method S256): the challenge goes into the authorize URL, the verifier,
/// kept in the customer's session, into the exchange of the code. Immutable; <see cref="ToString"/> hides both.
/// </summary>
public sealed record Pkce
{
    /// <summary>
    /// The secret half, for <see cref="ConnectOptions.CodeVerifier"/> or <see cref="TokenClient.ExchangeCodeAsync"/>.
    /// </summary>
    public required string Verifier { get; init; }

    /// <summary>The public half, for <see cref="AuthorizeRequest.CodeChallenge"/>.</summary>
    public required string Challenge { get; init; }

    /// <summary>Creates a pair from 256 random bits. Thread-safe.</summary>
    /// <returns>A pair for one authorize request.</returns>
    public static Pkce Create()
    {
        var verifier = UrlSafe.Encode(RandomNumberGenerator.GetBytes(32));
        return new Pkce
        {
            Verifier = verifier,
            Challenge = UrlSafe.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
        };
    }

    /// <summary>Neither half.</summary>
    public override string ToString() => "Pkce { Verifier = ***, Challenge = *** }";

    // RFC 7636, section 4.2: 43 to 128 unreserved characters.
    internal static bool IsChallenge(string text) =>
        text.Length is >= 43 and <= 128 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~');
}
