using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth.Testing;

/// <content>What the token endpoint writes.</content>
internal sealed partial class AuthorizationServer
{
    /// <summary>An error body of the token endpoint in the form the options ask for.</summary>
    public string TokenError(string error, string description)
    {
        var (codeName, textName) = _options.TokenErrorFormat == TokenErrorFormat.OAuth
            ? ("error", "error_description")
            : ("code", "message");
        return $$"""{"{{codeName}}":"{{error}}","{{textName}}":"{{JsonEncodedText.Encode(description)}}"}""";
    }

    private TokenResult Success(RefreshToken token, bool graceReplay)
    {
        var now = Now;
        var accountId = token.Family.Account.Id;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("access_token", token.AccessToken.Value);
            json.WriteString("account_id", accountId);
            json.WriteNumber("expires_in", (long)Math.Round((token.AccessToken.ExpiresAt - now).TotalSeconds));
            json.WriteString("refresh_token", token.Value);
            json.WriteNumber("refresh_token_expires_in", (long)Math.Round((token.ExpiresAt - now).TotalSeconds));
            json.WriteString("scope", token.Family.Scope);
            json.WriteString("token_type", "bearer");
            json.WriteEndObject();
        }

        return new TokenResult
        {
            StatusCode = 200,
            Body = Encoding.UTF8.GetString(buffer.WrittenSpan),
            AccountId = accountId,
            RefreshToken = token.Value,
            AccessToken = token.AccessToken.Value,
            GraceReplay = graceReplay,
        };
    }

    private TokenResult RefuseMalformed(string text)
    {
        Violate(RuleName.MalformedRequest, null, text);
        return Refuse(400, "invalid_request", text);
    }

    private TokenResult Refuse(int statusCode, string error, string description, string? accountId = null) => new()
    {
        StatusCode = statusCode,
        Error = error,
        AccountId = accountId,
        Body = TokenError(error, description),
    };
}
