namespace Airwallex.OAuth;

/// <summary>
/// The note written to the store before a refresh token is sent: who works on the connection, until when, and since when the
/// refresh token may be spent. Immutable.
/// </summary>
public sealed record RefreshAttempt
{
    /// <summary>Names the attempt; unique across instances.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>When the refresh token may first have been sent. Carried over from attempt to attempt: Airwallex's grace period counts from here.</summary>
    public required DateTimeOffset FirstSentAt { get; init; }

    /// <summary>Until when no other instance sends the refresh token. In the past once the attempt is over.</summary>
    public required DateTimeOffset LeaseExpiresAt { get; init; }

    /// <summary>
    /// The HTTP status that the last send was answered with; null while it is under way, and when no answer arrived. Tells a
    /// failing token endpoint (the refresh token is most probably unspent) from a lost answer.
    /// </summary>
    public int? AnsweredStatus { get; init; }
}
