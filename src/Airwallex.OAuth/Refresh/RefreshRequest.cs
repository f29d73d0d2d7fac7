namespace Airwallex.OAuth;

/// <summary>What a refresh is for, and hence when nothing needs to be sent. Immutable.</summary>
internal sealed record RefreshRequest(RefreshTrigger Trigger)
{
    /// <summary>When it was asked for, on the monotonic clock.</summary>
    public required long AskedAt { get; init; }

    /// <summary>The access token that the API rejected; null when none was sent or rejected.</summary>
    public string? RejectedToken { get; init; }

    /// <summary>Without a host: the caller finishes an unfinished refresh first, and observes by itself.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether it takes the next account instead of waiting for another instance.</summary>
    public bool DoesNotWait => Trigger is RefreshTrigger.KeepAlive or RefreshTrigger.Recovery;

    /// <summary>Whether what is stored is all that was wanted, so that nothing needs to be sent.</summary>
    public bool IsSatisfiedBy(ConnectionState current, DateTimeOffset now, AirwallexOAuthOptions options)
    {
        if (IsAlone && current.RecoverAt is not null && !(current.Attempt?.LeaseExpiresAt > now))
        {
            return false;
        }

        var isFresh = now < CachedAccessToken.WaitFrom(current.Tokens);
        return Trigger switch
        {
            RefreshTrigger.Expired => isFresh,
            RefreshTrigger.Ahead => now < CachedAccessToken.RefreshFrom(current.Tokens, options),
            RefreshTrigger.Rejected => isFresh && current.Tokens.AccessToken != RejectedToken,
            RefreshTrigger.KeepAlive => now < current.RenewAt,
            RefreshTrigger.Recovery => current.RecoverAt is null || now < current.RecoverAt,
            _ => false, // Forced or Webhook: only tokens that are issued after it was asked for will do.
        };
    }

    public override string ToString() => $"RefreshRequest {{ Trigger = {Trigger} }}"; // Without the token.
}

/// <summary>
/// How a refresh ended well: the connection as it is stored, or is to be while the store fails; its access token; when
/// the request was sent, on the monotonic clock, null when another instance sent it. Immutable.
/// </summary>
internal sealed record RefreshResult(ConnectionState Connection, CachedAccessToken Token, long? SentAt);
