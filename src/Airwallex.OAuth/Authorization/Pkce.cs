using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// A verifier and its challenge (RFC 7636, method S256): the challenge goes into the authorize URL, the verifier, kept in the
/// customer's session, into the exchange of the code. Immutable; <see cref="ToString"/> hides both.
/// </summary>
/// <param name="Verifier">The secret half, for <see cref="TokenClient.ExchangeCodeAsync"/>.</param>
/// <param name="Challenge">The public half, for <see cref="AuthorizeRequest.CodeChallenge"/>.</param>
public sealed record Pkce(string Verifier, string Challenge)
{
    /// <summary>A new pair from 256 random bits. Thread-safe.</summary>
    public static Pkce Create()
    {
        var verifier = UrlSafe.Encode(RandomNumberGenerator.GetBytes(32));
        return new Pkce(verifier, UrlSafe.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
    }

    /// <summary>Neither half.</summary>
    public override string ToString() => "Pkce { Verifier = ***, Challenge = *** }";
}
