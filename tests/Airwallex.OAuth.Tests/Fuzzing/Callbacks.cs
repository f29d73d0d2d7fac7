using System.Text;
using CsCheck;

namespace Airwallex.OAuth.Tests.Fuzzing;

/// <summary>What a browser may bring back, and what may be sent as an access token.</summary>
internal static class Callbacks
{
    private static readonly Gen<string> Parts = Gen.OneOf(
        Gen.OneOf(
            "code", "state", "error", "error_description", "access_denied",
            "=", "&", "?", "#", "%", "%2", "%ZZ", "%00", "%E2%82", "+", "a"),
        Gen.String);

    public static Gen<Uri> Urls { get; } =
        from start in Gen.OneOf("/callback?", "https://app.example/callback?", "?", "", "#", "/callback?code=a&state=b")
        from parts in Parts.Array[0, 12]
        let text = start + string.Concat(parts)
        where Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _)
        select new Uri(text, UriKind.RelativeOrAbsolute);

    public static Gen<string> AccessTokens { get; } = Gen.OneOf(
        Gen.String,
        from header in Segments
        from payload in Segments
        from end in Gen.OneOf("", ".", ".sig", ".a.b")
        select $"{header}.{payload}{end}");

    private static Gen<string> Segments => Gen.OneOf(
        Gen.OneOf(
            "{}", "{\"exp\":1}",
            "{\"exp\":1e400,\"iat\":0}", "{\"exp\":\"1\"}", "{\"exp\":[1]}", "{\"exp\":-9223372036854775808}",
            "[", "null",
            "{\"alg\":\"HS256\"}").Select(json => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=')),
        Gen.String);
}
