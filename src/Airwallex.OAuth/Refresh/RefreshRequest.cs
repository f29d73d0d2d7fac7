namespace Airwallex.OAuth;

/// <summary>What a refresh is for, and hence when nothing needs to be sent. Immutable.</summary>
internal sealed record RefreshRequest(RefreshTrigger Trigger)
{
    /// <summary>When it was asked for, on the monotonic clock.</summary>
    public required long AskedAt { get; init; }

    /// <summary>
    /// The access token that the API rejected, for <see cref="RefreshTrigger.Rejected"/>; null when none was sent.
    /// </summary>
    public string? RejectedToken { get; init; }

    /// <summary>
    /// Without a host nobody else looks after unfinished refreshes: the caller finishes one first, and observes by
    /// itself before a last send.
    /// </summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether it takes the next account instead of waiting for another instance.</summary>
    public bool DoesNotWait => Trigger is RefreshTrigger.KeepAlive or RefreshTrigger.Recovery;

    /// <summary>Whether only tokens that were issued after it was asked for will do.</summary>
    public bool NeedsNewTokens => Trigger is RefreshTrigger.Forced or RefreshTrigger.Webhook;

    /// <summary>Whether what is stored is all that was wanted, so that nothing needs to be sent.</summary>
    public bool IsSatisfiedBy(ConnectionState current, DateTimeOffset now, AirwallexOAuthOptions options) =>
        Trigger switch
        {
            _ when IsAlone && IsUnfinished(current, now) => false,
            RefreshTrigger.Expired => IsFresh(current, now),
            RefreshTrigger.Ahead => now < CachedAccessToken.RefreshFrom(current.Tokens, options),
            RefreshTrigger.Rejected => current.Tokens.AccessToken != RejectedToken && IsFresh(current, now),
            RefreshTrigger.KeepAlive => now < current.RenewAt,
            RefreshTrigger.Recovery => current.RecoverAt is null || now < current.RecoverAt,
            _ => false,
        };

    /// <summary>The trigger: a record would print the token.</summary>
    public override string ToString() => $"RefreshRequest {{ Trigger = {Trigger} }}";

    private static bool IsFresh(ConnectionState current, DateTimeOffset now) =>
        now < CachedAccessToken.WaitFrom(current.Tokens);

    private static bool IsUnfinished(ConnectionState current, DateTimeOffset now) =>
        current.RecoverAt is not null && !(current.Attempt?.LeaseExpiresAt > now);
}
