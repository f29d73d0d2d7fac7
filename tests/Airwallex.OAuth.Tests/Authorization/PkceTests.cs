using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth.Tests.Authorization;

public sealed class PkceTests
{
    [Fact]
    public void The_encoding_is_that_of_RFC_7636_appendix_B()
    {
        byte[] octets =
        [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186,
            22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];

        var verifier = UrlSafe.Encode(octets);

        Assert.Equal("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", verifier);
        Assert.Equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", UrlSafe.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
    }

    [Fact]
    public void The_challenge_is_the_hash_of_the_verifier()
    {
        var pair = Pkce.Create();

        Assert.Matches("^[A-Za-z0-9_-]{43}$", pair.Verifier); // RFC 7636, section 4.1: 43 to 128 characters.
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(pair.Verifier)));
        Assert.Equal(hash.TrimEnd('=').Replace('+', '-').Replace('/', '_'), pair.Challenge);
    }

    [Fact]
    public void A_pair_shows_neither_half() =>
        Assert.Equal("Pkce { Verifier = ***, Challenge = *** }", Pkce.Create().ToString());

    [Fact]
    public void No_two_pairs_are_the_same() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => Pkce.Create().Verifier).Distinct().Count());
}
