using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airwallex.OAuth;

/// <summary>The token endpoint's answer as it stands on the wire. Unknown fields are ignored; wrong types are refused by the reader.</summary>
internal sealed class TokenResponse
{
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365 * 100);

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    [JsonPropertyName("account_id")]
    public string? AccountId { get; init; }

    [JsonPropertyName("expires_in")]
    public double? ExpiresIn { get; init; }

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }

    [JsonPropertyName("refresh_token_expires_in")]
    public double? RefreshTokenExpiresIn { get; init; }

    [JsonPropertyName("scope")]
    public string? Scope { get; init; }

    [JsonPropertyName("token_type")]
    public string? TokenType { get; init; }

    /// <summary>The token set that this answer means, or what is wrong with it.</summary>
    public TokenSet? Read(DateTimeOffset sentAt, out string? fault)
    {
        fault = FindFault();
        return fault is not null ? null : new TokenSet
        {
            AccountId = AccountId!,
            AccessToken = AccessToken!,
            AccessTokenExpiresAt = sentAt + TimeSpan.FromSeconds(ExpiresIn!.Value),
            RefreshToken = RefreshToken!,
            RefreshTokenExpiresAt = sentAt + TimeSpan.FromSeconds(RefreshTokenExpiresIn!.Value),
            Scopes = Scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            IssuedAt = sentAt,
        };
    }

    private string? FindFault()
    {
        if (!IsVisibleAscii(AccessToken))
        {
            return "access_token is missing, empty, or has characters that no HTTP header may carry";
        }

        if (!IsVisibleAscii(RefreshToken))
        {
            return "refresh_token is missing, empty, or has characters that no token may have";
        }

        if (string.IsNullOrWhiteSpace(AccountId) || AccountId.Any(char.IsControl))
        {
            return "account_id is missing or empty";
        }

        if (!IsLifetime(ExpiresIn))
        {
            return "expires_in is missing or no positive number of seconds";
        }

        if (!IsLifetime(RefreshTokenExpiresIn))
        {
            return "refresh_token_expires_in is missing or no positive number of seconds";
        }

        // RFC 6749, section 7.1: a token of a type that the client does not understand must not be used.
        return string.Equals(TokenType, "bearer", StringComparison.OrdinalIgnoreCase) ? null : "token_type is not bearer";
    }

    private static bool IsVisibleAscii(string? token) => !string.IsNullOrEmpty(token) && token.All(c => c is > ' ' and <= '~');

    private static bool IsLifetime(double? seconds) => seconds > 0 && seconds <= LongestLifetime.TotalSeconds;
}

[JsonSerializable(typeof(TokenResponse))]
internal sealed partial class TokenResponseJson : JsonSerializerContext;
