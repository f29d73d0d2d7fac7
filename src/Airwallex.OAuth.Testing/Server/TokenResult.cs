namespace Airwallex.OAuth.Testing;

/// <summary>The token endpoint's decision, ready to be sent.</summary>
internal sealed record TokenResult
{
    public required int StatusCode { get; init; }

    /// <summary>The JSON body.</summary>
    public required string Body { get; init; }

    /// <summary>The OAuth error code; null on success.</summary>
    public string? Error { get; init; }

    public string? AccountId { get; init; }

    /// <summary>The refresh token in the body; null unless it is a success.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>The access token in the body; null unless it is a success.</summary>
    public string? AccessToken { get; init; }

    /// <summary>A superseded refresh token was honoured inside its grace period.</summary>
    public bool GraceReplay { get; init; }

    public override string ToString() => $"{StatusCode} {Error}";

    /// <summary>The refusal is final for the refresh token that its client sent.</summary>
    public bool IsPermanentRefusal { get; init; }
}
