using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Makes tokens, codes and ids. The only place of the simulator with randomness, and all of it from one seedable
/// source: a run with a seed can be repeated exactly. Not thread-safe; its server's lock guards it.
/// </summary>
internal sealed class TokenIssuer
{
    private static readonly string s_header = Base64Url("""{"alg":"HS256","typ":"JWT"}"""u8);
    private readonly Random _random;
    private readonly byte[] _signingKey = new byte[32];

    public TokenIssuer(Random random)
    {
        _random = random;
        _random.NextBytes(_signingKey);
    }

    /// <summary>As long as Airwallex's refresh tokens: 64 URL-safe characters.</summary>
    public string OpaqueToken() => RandomText(48);

    public string Code() => RandomText(24);

    public string AccountId() => "acct_" + RandomText(16);

    public int Number(int below) => _random.Next(below);

    public string Jwt(string accountId, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
    {
        var id = JsonEncodedText.Encode(accountId);
        var (iat, exp) = (issuedAt.ToUnixTimeSeconds(), expiresAt.ToUnixTimeSeconds());
        var payload = string.Create(CultureInfo.InvariantCulture,
            $$"""{"sub":"{{id}}","account_id":"{{id}}","iat":{{iat}},"exp":{{exp}},"jti":"{{RandomText(12)}}"}""");
        var signed = s_header + "." + Base64Url(Encoding.UTF8.GetBytes(payload));
        return signed + "." + Base64Url(HMACSHA256.HashData(_signingKey, Encoding.ASCII.GetBytes(signed)));
    }

    public static string Base64Url(ReadOnlySpan<byte> bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private string RandomText(int bytes)
    {
        Span<byte> buffer = stackalloc byte[bytes];
        _random.NextBytes(buffer);
        return Base64Url(buffer);
    }
}
