using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace Airwallex.OAuth.Tests.Fuzzing;

/// <summary>Responses of the token endpoint: odd ones that hold a sound refresh token, and damaged ones.</summary>
internal static class TokenResponses
{
    private static readonly string[] Fields =
        ["access_token", "account_id", "expires_in", "refresh_token_expires_in", "scope", "token_type", "org_id", "error"];

    /// <summary>Values of every kind of JSON, as they are written.</summary>
    private static readonly Gen<string> Values = Gen.OneOf(
        Gen.OneOf(
            "null", "true", "false", "0", "-1", "300", "300.0", "3e2", "7776000", "1e999", "-1e-999", "99999999999999999999999999",
            "\"\"", "\" \"", "\"300\"", "\"-300\"", "\"NaN\"", "\"bearer\"", "\"acct_1\"", "[]", "{}", "[null]", "[[[]]]",
            "[\"a\",1,\"b\"]", "{\"refresh_token\":1}", "\"\\ud800\"", "\"\\u0000\"", "\"a.b.c\"", "\"balance:read r:awx_action:x\""),
        Gen.String.Select(text => JsonSerializer.Serialize(text)),
        Gen.Double.Where(double.IsFinite).Select(number => JsonSerializer.Serialize(number)),
        Gen.Long.Select(number => JsonSerializer.Serialize(number)));

    private static readonly Gen<string> SoundTokens = Gen.Char['!', '~'].Array[1, 80].Select(characters => new string(characters));

    private static readonly Gen<string> Blanks = Gen.OneOf("", " ", "\r\n", "\t \n");

    private static readonly Gen<string> Around = Gen.OneOf("", "", "", " ", "\n\n", ")]}',\n", "<!-- ok -->");

    public static Gen<(byte[] Body, string? Encoding, string RefreshToken)> WithSoundRefreshToken { get; } =
        from token in SoundTokens
        from others in Gen.Select(Gen.OneOf(Fields), Values).Array[0, 10]
        from at in Gen.Int[0, others.Length]
        from name in Gen.OneOf("refresh_token", "refresh_token", "refresh_token", "Refresh_Token", "REFRESH_TOKEN")
        from blank in Blanks
        from before in Around
        from after in Around
        from mark in Gen.Bool
        from encoding in Encodings
        let members = others.Select(other => $"\"{other.Item1}\"{blank}:{other.Item2}").ToList()
        let text = Object(members, at, $"\"{name}\":{blank}{JsonSerializer.Serialize(token)}", blank)
        let bytes = Encoding.UTF8.GetBytes((mark ? "\uFEFF" : "") + before + text + after)
        select (Compress(bytes, encoding.Applied), encoding.Header, token);

    public static Gen<(byte[] Body, int Status, string? Encoding)> Damaged { get; } =
        from response in WithSoundRefreshToken
        from changes in Gen.Select(Gen.Int[0, 4], Gen.Int[0, 1000], Gen.Byte).Array[1, 8]
        from status in Gen.OneOf(Gen.OneOf(200, 400, 401, 429, 500, 503), Gen.Int[100, 999])
        select (changes.Aggregate(response.Body, Damage), status, response.Encoding);

    private static Gen<(string? Applied, string? Header)> Encodings => Gen.OneOf<(string?, string?)>(
        (null, null), (null, null), ("gzip", "gzip"), ("br", "br"), ("deflate", "deflate"), ("gzip", null), (null, "gzip"), (null, "identity"));

    private static string Object(List<string> members, int at, string member, string blank)
    {
        members.Insert(at, member);
        return $"{{{blank}{string.Join(blank + ",", members)}{blank}}}";
    }

    private static byte[] Compress(byte[] bytes, string? encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BufferedStream(compressed),
        })
        {
            stream.Write(bytes);
            if (encoding is null)
            {
                stream.Flush();
                return compressed.ToArray();
            }
        }

        return compressed.ToArray();
    }

    private static byte[] Damage(byte[] bytes, (int Kind, int At, byte Value) change)
    {
        var at = bytes.Length == 0 ? 0 : change.At % bytes.Length;
        return change.Kind switch
        {
            _ when bytes.Length == 0 => [change.Value],
            0 => [.. bytes[..at], change.Value, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], .. bytes[(at + 1)..]],
            2 => [.. bytes[..at], change.Value, .. bytes[at..]],
            3 => bytes[..at],
            _ => [.. bytes, .. bytes[at..]],
        };
    }
}
