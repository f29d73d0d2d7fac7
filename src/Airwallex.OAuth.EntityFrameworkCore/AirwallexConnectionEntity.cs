namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// A row of the table of connections, one per account. Public so that you can adjust its mapping after <c>UseAirwallexOAuth</c>,
/// and read it in queries and migrations of your own; it is written by the library alone.
/// </summary>
public class AirwallexConnectionEntity
{
    /// <summary>The connected Airwallex account: the key. At most 255 characters.</summary>
    public required string AccountId { get; set; }

    /// <summary>The access token, encrypted by ASP.NET Core Data Protection for this account alone.</summary>
    public required string ProtectedAccessToken { get; set; }

    /// <summary>When the access token expires.</summary>
    public DateTimeOffset AccessTokenExpiresAt { get; set; }

    /// <summary>The refresh token, encrypted by ASP.NET Core Data Protection for this account alone.</summary>
    public required string ProtectedRefreshToken { get; set; }

    /// <summary>When the refresh token expires.</summary>
    public DateTimeOffset RefreshTokenExpiresAt { get; set; }

    /// <summary>When the request was sent that the tokens answer.</summary>
    public DateTimeOffset IssuedAt { get; set; }

    /// <summary>The scopes granted, separated by spaces; empty when none were named.</summary>
    public required string Scopes { get; set; }

    /// <summary>Whether the connection can be used; stored as its name.</summary>
    public ConnectionStatus Status { get; set; }

    /// <summary>Why the connection is not active; null while it is.</summary>
    public string? StatusReason { get; set; }

    /// <summary>When the customer last authorized.</summary>
    public DateTimeOffset ConnectedAt { get; set; }

    /// <summary>When the keep-alive renews the refresh token. Indexed together with <see cref="Status"/>.</summary>
    public DateTimeOffset RenewAt { get; set; }

    /// <summary>Names the refresh that is under way or was interrupted; null otherwise.</summary>
    public Guid? PendingAttemptId { get; set; }

    /// <summary>When the refresh token may first have been sent; null without a pending attempt.</summary>
    public DateTimeOffset? FirstSentAt { get; set; }

    /// <summary>Until when no other instance sends the refresh token; null without a pending attempt. Indexed together with <see cref="Status"/>.</summary>
    public DateTimeOffset? LeaseExpiresAt { get; set; }

    /// <summary>The HTTP status that the pending attempt was answered with; null when it was not.</summary>
    public int? AnsweredStatus { get; set; }

    /// <summary>Counts the writes of this row: what every write compares and adds one to.</summary>
    public long Version { get; set; }
}
