namespace Airwallex.OAuth.Testing;

/// <summary>
/// A token request between its arrival and its end: the handle that a caller gets from
/// <see cref="AuthorizationServer.BeginTokenRequest"/>. Guarded by the lock of its server.
/// </summary>
internal sealed class PendingTokenRequest
{
    public required long Sequence { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public required Dictionary<string, string> Form { get; init; }

    /// <summary>The parameter that was given more than once, or null.</summary>
    public string? Duplicate { get; init; }

    public string? GrantType => Form.GetValueOrDefault("grant_type");
    public string? ClientId => Form.GetValueOrDefault("client_id");
    public string? SentRefreshToken => Form.GetValueOrDefault("refresh_token");

    /// <summary>
    /// The family whose refresh this is; null when it is none, or the token is unknown or another client's.
    /// </summary>
    public TokenFamily? Family { get; set; }

    /// <summary>Another refresh of the family was in flight when this one arrived.</summary>
    public bool Concurrent { get; set; }

    /// <summary>The client waits no longer, and the server works on it all the same.</summary>
    public bool Abandoned { get; set; }

    /// <summary>What the server decided; null until it has.</summary>
    public TokenResult? Result { get; set; }

    /// <summary>The fault that was applied, for the journal.</summary>
    public string? Fault { get; set; }

    public bool Ended { get; set; }
}
