namespace Airwallex.OAuth;

/// <summary>What a refresh is for, and hence when another instance's refresh already did it.</summary>
internal readonly record struct RefreshNeed(RefreshTrigger Trigger, string? RefusedAccessToken = null)
{
    /// <summary>Whether <paramref name="current"/> is all that was wanted, so that nothing needs to be sent.</summary>
    /// <param name="current">The connection as it is stored now.</param>
    /// <param name="first">The connection as this refresh saw it first.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">Says what is fresh.</param>
    public bool IsMetBy(AirwallexConnection current, AirwallexConnection first, DateTimeOffset now, AirwallexOAuthOptions options) => Trigger switch
    {
        RefreshTrigger.Expired => now < AccessToken.WaitFrom(current.Tokens, options),
        RefreshTrigger.Ahead => now < AccessToken.RefreshFrom(current.Tokens, options),
        RefreshTrigger.Refused => current.Tokens.AccessToken != RefusedAccessToken && now < AccessToken.WaitFrom(current.Tokens, options),
        RefreshTrigger.Forced => current.Tokens.RefreshToken != first.Tokens.RefreshToken,
        RefreshTrigger.KeepAlive => now < current.RenewAt,
        RefreshTrigger.Recovery => current.PendingRefresh is null,
        _ => throw new ArgumentOutOfRangeException(nameof(now), Trigger, null),
    };

    /// <summary>The trigger; never the token.</summary>
    public override string ToString() => Trigger.ToString();
}
