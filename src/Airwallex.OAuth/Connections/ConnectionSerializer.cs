using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;

namespace Airwallex.OAuth;

/// <summary>
/// Between what the core knows of a connection and what is stored: <c>State</c> is JSON whose unknown members are kept,
/// <c>Tokens</c> is encrypted with client and account as purpose. Without a protector, which only the in-memory store
/// is allowed, tokens are kept as they are.
/// </summary>
internal sealed class ConnectionSerializer(IDataProtectionProvider? protection)
{
    private readonly IDataProtector? _protector = protection?.CreateProtector("Airwallex.OAuth.Tokens");

    public ConnectionState Read(StoredConnection stored)
    {
        var json = ReadState(stored.State);
        var secrets = json is null ? null : Decrypt(stored);
        var tokens = new TokenSet
        {
            AccountId = stored.AccountId,
            AccessToken = secrets?.AccessToken ?? "",
            RefreshToken = secrets?.RefreshToken ?? "",
            IssuedAt = json?.IssuedAt ?? default,
            AccessTokenExpiresAt = json?.AccessTokenExpiresAt ?? default,
            RefreshTokenExpiresAt = json?.RefreshTokenExpiresAt,
            Scopes = json?.Scopes ?? [],
        };
        return new ConnectionState
        {
            Key = new ConnectionKey { AccountId = stored.AccountId, ClientId = stored.ClientId },
            Version = stored.Version,
            Status = stored.Status,
            StatusReason = json?.StatusReason,
            StatusChangedAt = json?.StatusChangedAt ?? default,
            AuthorizationId = json?.AuthorizationId ?? "",
            Generation = json?.Generation ?? 0,
            ConnectedAt = json?.ConnectedAt ?? default,
            TokenEndpoint = json?.TokenEndpoint,
            Tokens = tokens,
            RenewAt = stored.RenewAt,
            RecoverAt = stored.RecoverAt,
            Attempt = json?.Attempt,
            ReportedReason = json?.ReportedReason,
            ReadFrom = stored,
            TokensAsRead = tokens,
        };
    }

    /// <summary>The attempt alone, without decrypting: for a look.</summary>
    public static RefreshAttempt? ReadAttempt(StoredConnection stored) => ReadState(stored.State)?.Attempt;

    public StoredConnection Write(ConnectionState connection) => new()
    {
        ClientId = connection.Key.ClientId,
        AccountId = connection.Key.AccountId,
        Version = connection.Version,
        Status = connection.Status,
        RenewAt = WholeMilliseconds(connection.RenewAt),
        RecoverAt = connection.RecoverAt is { } recoverAt ? WholeMilliseconds(recoverAt) : null,
        State = WriteState(connection),
        Tokens = HasTokensAsRead(connection) ? connection.ReadFrom!.Tokens : Encrypt(connection),
    };

    private static bool HasTokensAsRead(ConnectionState connection) =>
        connection is { ReadFrom: not null, TokensAsRead: { } read }
        && (!connection.IsReadable
            || (
                read.RefreshToken == connection.Tokens.RefreshToken && read.AccessToken == connection.Tokens
                    .AccessToken));

    private string Encrypt(ConnectionState connection)
    {
        var secrets = new TokenSecrets(connection.Tokens.AccessToken, connection.Tokens.RefreshToken);
        var plain = JsonSerializer.Serialize(secrets, ConnectionJson.Default.TokenSecrets);
        return ProtectorOf(connection.Key.ClientId, connection.Key.AccountId)?.Protect(plain) ?? plain;
    }

    /// <summary>
    /// Null when the keys that encrypted the tokens are missing. Another failure, such as of the key store, is
    /// thrown.
    /// </summary>
    private TokenSecrets? Decrypt(StoredConnection stored)
    {
        try
        {
            var plain = ProtectorOf(stored.ClientId, stored.AccountId)?.Unprotect(stored.Tokens) ?? stored.Tokens;
            return JsonSerializer.Deserialize(plain, ConnectionJson.Default.TokenSecrets);
        }
        catch (Exception exception) when (exception is CryptographicException or JsonException)
        {
            return null;
        }
    }

    private IDataProtector? ProtectorOf(string clientId, string accountId) =>
        _protector?.CreateProtector(clientId).CreateProtector(accountId);

    private static StateJson? ReadState(string state)
    {
        try
        {
            return JsonSerializer.Deserialize(state, ConnectionJson.Default.StateJson);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string WriteState(ConnectionState connection) => JsonSerializer.Serialize(
        new StateJson
        {
            AuthorizationId = connection.AuthorizationId,
            Generation = connection.Generation,
            ConnectedAt = connection.ConnectedAt,
            TokenEndpoint = connection.TokenEndpoint,
            IssuedAt = connection.Tokens.IssuedAt,
            AccessTokenExpiresAt = connection.Tokens.AccessTokenExpiresAt,
            RefreshTokenExpiresAt = connection.Tokens.RefreshTokenExpiresAt,
            Scopes = [.. connection.Tokens.Scopes],
            StatusReason = connection.StatusReason,
            StatusChangedAt = connection.StatusChangedAt,
            Attempt = connection.Attempt,
            ReportedReason = connection.ReportedReason,
            Unknown = connection.ReadFrom is { } read ? ReadState(read.State)?.Unknown : null,
        },
        ConnectionJson.Default.StateJson);

    private static DateTimeOffset WholeMilliseconds(DateTimeOffset instant) =>
        new(instant.UtcTicks - instant.UtcTicks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}

internal sealed record TokenSecrets(string AccessToken, string RefreshToken)
{
    public override string ToString() => "TokenSecrets";
}

internal sealed class StateJson
{
    public string AuthorizationId { get; init; } = "";

    public int Generation { get; init; }

    public DateTimeOffset ConnectedAt { get; init; }

    public string? TokenEndpoint { get; init; }

    public DateTimeOffset IssuedAt { get; init; }

    public DateTimeOffset AccessTokenExpiresAt { get; init; }

    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    public string[] Scopes { get; init; } = [];

    public string? StatusReason { get; init; }

    public DateTimeOffset StatusChangedAt { get; init; }

    public RefreshAttempt? Attempt { get; init; }

    public string? ReportedReason { get; init; }

    /// <summary>Members of a newer version, which an older instance leaves as they are.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StateJson))]
[JsonSerializable(typeof(TokenSecrets))]
internal sealed partial class ConnectionJson : JsonSerializerContext;
