using System.IO.Compression;
using System.Text;
using CsCheck;

namespace Airwallex.OAuth.Tests.Fuzzing;

/// <summary>What a token endpoint, a proxy before it or a handler behind it might make of a response.</summary>
internal static class TokenResponses
{
    public static readonly Gen<string> SoundToken = Gen.Frequency(
        (50, Gen.Char['!', '~'].Array[1, 80].Select(chars => new string(chars))),
        (1, Gen.Char['!', '~'].Array[8192].Select(chars => new string(chars))));

    public static readonly Gen<string> Text = Gen.OneOf(
        Gen.String, Gen.String[Gen.Char[' ', '~'], 0, 40], Gen.String[Gen.OneOf('\0', '\n', '"', '\\', '{', ',', '\ud800'), 0, 9]);

    // None of these has a quotation mark or a bracket without its other half: that would change what is inside a text.
    private static readonly Gen<string> NotJson = Gen.OneOf(
        "NaN", "-Infinity", "undefined", "nul", "truefalse", "'text'", "+5", ".5", "5.", "0x1F", "<b>", "", "1 2", "--1",
        "\"a\" \"b\"", "{\"a\":NaN}", "[NaN]", "{\"a\":NaN,\"b\":[1,2]}", "{,}", "[,]", "\"bad \\q escape\"", "\"a\tb\"");

    private static readonly Gen<string> Member = Gen.OneOf(
        Gen.OneOf(
            "access_token", "expires_in", "refresh_token_expires_in", "scope", "token_type", "org_id", "Access_Token",
            "EXPIRES_IN", "error", "error_description", "code"),
        Gen.String[Gen.Char['a', 'z'], 0, 5]);

    public static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth > 3 ? Scalar : Gen.Frequency(
        (5, Scalar),
        (1, inner.Array[0, 4].Select(items => $"[{string.Join(",", items)}]")),
        (1, Gen.Select(Member, inner).Array[0, 4].Select(
            members => $"{{{string.Join(" , ", members.Select(member => $"{Quote(member.Item1)}: {member.Item2}"))}}}"))));

    /// <summary>A body that holds a sound refresh token, whatever else it holds.</summary>
    public static readonly Gen<(string Token, byte[] Body, string[] Encodings)> BodyWithToken = Gen.Select(
        SoundToken, Gen.Select(Member, Gen.Frequency((3, Json), (1, NotJson))).Array[0, 8], Gen.Int[0, 8],
        Gen.OneOf("", "", "", " \r\n", ")]}',\n", "callback(", "/* note */"),
        Gen.Frequency((3, Gen.Const("")), (1, Gen.Const("\0")), (1, Text)), Gen.Frequency((5, Gen.Const(0)), (1, Gen.Int[0, 200])),
        Gen.Int[0, 5], Gen.OneOf("", "", "gzip", "deflate", "br", "gzip,br", "raw", "deflate,gzip"))
        .Select((token, members, place, before, after, cut, charset, compression) =>
        {
            var texts = members.Select(member => $"{Quote(member.Item1)}:{member.Item2}").ToList();
            texts.Insert(Math.Min(place, texts.Count), $"\"refresh_token\": {Quote(token)}");
            var body = $"{before}{{{string.Join(",", texts)}}}{after}";

            // Broken off, but never before the refresh token has come.
            var end = body.IndexOf($"\"refresh_token\": {Quote(token)}", StringComparison.Ordinal) + Quote(token).Length + 17;
            body = cut == 0 ? body : body[..Math.Max(end, body.Length - cut)];
            var bytes = Encode(body, before.Length == 0 ? charset : 0);
            return (token, Compress(bytes, compression), compression.Length == 0 ? [] : compression.Replace("raw", "deflate").Split(','));
        });

    /// <summary>A good body, or one with a token, in which anything may have been changed.</summary>
    public static readonly Gen<byte[]> MutatedBody = Gen.Select(
        Gen.OneOf(
            BodyWithToken.Select(body => body.Body), Json.Select(Encoding.UTF8.GetBytes), Gen.Byte.Array[0, 60],
            Gen.Const("""{"error":"invalid_grant","error_description":"no"}"""u8.ToArray())),
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 400], Gen.Byte).Array[0, 4])
        .Select((body, changes) => changes.Aggregate(body, (bytes, change) => Change(bytes, change.Item1, change.Item2, change.Item3)));

    public static readonly Gen<(string Name, string Value)> Header = Gen.OneOf(
        Gen.OneOf("gzip", "br", "deflate", "gzip, gzip", "zstd", ",", "identity").Select(value => ("Content-Encoding", value)),
        Gen.OneOf("text/html", "application/json; charset=utf-7", ";", "a").Select(value => ("Content-Type", value)),
        Gen.OneOf(
            Gen.Int.Select(seconds => $"{seconds}"), Gen.Double.Select(seconds => $"{seconds}"),
            Gen.DateTimeOffset.Select(date => date.ToString("R")), Gen.OneOf("soon", "", "1e400", "NaN", "9999999999999999999"))
            .Select(value => ("Retry-After", value)),
        Gen.DateTimeOffset.Select(date => ("Date", date.ToString("R"))));

    public static string Quote(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static Gen<string> Scalar => Gen.OneOf(
        Gen.OneOf("null", "true", "false", "0", "-1", "1e999", "300", "\"300\"", "7776000", "99999999999999999999"),
        Gen.Double.Select(number => double.IsFinite(number) ? $"{number:R}" : "1"),
        Text.Select(Quote));

    private static byte[] Encode(string text, int charset) => charset switch
    {
        1 => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)],
        2 => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)],
        3 => Encoding.BigEndianUnicode.GetBytes(text),
        4 => Encoding.UTF32.GetBytes(text),
        _ => Encoding.UTF8.GetBytes(text),
    };

    private static byte[] Compress(byte[] body, string compression)
    {
        foreach (var one in compression.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            using var compressed = new MemoryStream();
            using (Stream stream = one switch
            {
                "br" => new BrotliStream(compressed, CompressionLevel.Fastest),
                "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest),
                "raw" => new DeflateStream(compressed, CompressionLevel.Fastest),
                _ => new GZipStream(compressed, CompressionLevel.Fastest),
            })
            {
                stream.Write(body);
            }

            body = compressed.ToArray();
        }

        return body;
    }

    private static byte[] Change(byte[] bytes, int kind, int place, byte value)
    {
        var at = bytes.Length == 0 ? 0 : place % bytes.Length;
        return kind switch
        {
            0 when bytes.Length > 0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], value, .. bytes[at..]],
            _ => bytes[..at],
        };
    }
}
