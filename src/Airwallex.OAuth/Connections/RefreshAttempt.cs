namespace Airwallex.OAuth;

/// <summary>
/// What is written to the store before a refresh token is sent: who works on the connection, until when, and since when
/// the refresh token may have been used. Immutable.
/// </summary>
internal sealed record RefreshAttempt
{
    /// <summary>Names the attempt; unique across instances.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// When the refresh token may first have been sent; Airwallex's grace period counts from here. Carried over from
    /// attempt to attempt while the refresh token is the same one.
    /// </summary>
    public required DateTimeOffset FirstSentAt { get; init; }

    /// <summary>Until when no other instance sends the refresh token. In the past once the attempt is over.</summary>
    public required DateTimeOffset LeaseExpiresAt { get; init; }

    /// <summary>False only if every send of this token so far was definitely unsent or got a 4xx.</summary>
    public bool ResponseMayBeLost { get; init; } = true;
}
