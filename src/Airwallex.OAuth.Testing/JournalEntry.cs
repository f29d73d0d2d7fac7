namespace Airwallex.OAuth.Testing;

/// <summary>
/// One request as the simulator saw it. Tokens and codes appear by their last four characters only.
/// </summary>
public sealed record JournalEntry
{
    /// <summary>The order in which requests arrived, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>When the request arrived, by the simulator's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The <c>grant_type</c> of a token request, else null.</summary>
    public string? GrantType { get; init; }

    /// <summary>The <c>client_id</c> of a token request, else null.</summary>
    public string? ClientId { get; init; }

    /// <summary>The account that the code, refresh token or access token belongs to; null when there is none.</summary>
    public string? AccountId { get; init; }

    /// <summary>The status that was sent; null when no response reached the client.</summary>
    public int? StatusCode { get; init; }

    /// <summary>
    /// The error code of the simulator's decision (<c>invalid_grant</c>, …); null when it was a success or none was
    /// made.
    /// </summary>
    public string? Error { get; init; }

    /// <summary>Whether new tokens were issued, even when the response was lost afterwards.</summary>
    public bool Issued { get; init; }

    /// <summary>Whether a superseded refresh token was honoured inside its grace period.</summary>
    public bool GraceReplay { get; init; }

    /// <summary>The fault that was applied, in words; null when none was.</summary>
    public string? Fault { get; init; }

    /// <summary>The refresh token, code or access token that was sent, by its last four characters.</summary>
    public string? SentToken { get; init; }

    /// <summary>The refresh token that was issued, by its last four characters.</summary>
    public string? IssuedRefreshToken { get; init; }

    /// <summary>The request in one line.</summary>
    public override string ToString()
    {
        var parts = new List<string> { $"#{Sequence} {Time:HH:mm:ss.fff} {Method} {Path}" };
        Add(GrantType, GrantType);
        Add(SentToken, $"sent {SentToken}");
        Add(AccountId, AccountId);
        parts.Add(StatusCode is { } status ? $"-> {status}" : "-> no response");
        Add(Error, Error);
        Add(IssuedRefreshToken, $"issued {IssuedRefreshToken}");
        Add(GraceReplay ? "" : null, "(inside grace)");
        Add(Fault, $"[fault: {Fault}]");
        return string.Join(' ', parts);

        void Add(string? known, string? text)
        {
            if (known is not null)
            {
                parts.Add(text!);
            }
        }
    }
}
