namespace Airwallex.OAuth;

/// <summary>Access tokens for callers: at once while fresh, else after a refresh. Thread-safe.</summary>
internal sealed class AccessTokenProvider(AirwallexApplication application)
{
    /// <summary>The hot path: no lock, no store, no allocation. Null when the caller must wait for a refresh.</summary>
    public CachedAccessToken? FindFresh(string accountId, AirwallexOAuthOptions options)
    {
        if (application.CacheOf(options).Find(accountId) is not { } entry)
        {
            return null;
        }

        var token = entry.Token;
        var now = token.LookAt(application.Time);
        if (now >= token.WaitFromTicks)
        {
            return null;
        }

        // Without a host, nothing is refreshed that nobody waits for: the process may end at any moment.
        if (now >= token.RefreshFromTicks && application.HostIsRunning && options.RefreshAhead > TimeSpan.Zero)
        {
            application.Refresher.StartInBackground(entry, RefreshTrigger.Ahead);
        }

        return token;
    }

    /// <summary>Waits for a fresh token; while there is none, one that is still valid will do.</summary>
    public async Task<CachedAccessToken> WaitForFreshAsync(string accountId, CancellationToken cancellationToken)
    {
        try
        {
            return await RefreshAsync(
                accountId, application.NewRequest(RefreshTrigger.Expired), cancellationToken).ConfigureAwait(false);
        }
        catch (AirwallexOAuthException exception) when (
            exception is not (ReauthorizationRequiredException or ConnectionNotFoundException)
            && application.Current.Cache.Find(accountId)?.Token is { } token
            && application.Time.GetUtcNow().UtcTicks < token.ExpiresAtTicks)
        {
            return token;
        }
    }

    /// <summary>Another token than the one that the API rejected; null when a refresh would not help.</summary>
    public async Task<CachedAccessToken?> ReplaceRejectedAsync(
        string accountId, string? rejected, CancellationToken cancellationToken)
    {
        var current = application.Current.Cache.Get(accountId).Token;
        var now = application.Time.GetUtcNow().UtcTicks;
        if (current.Value != rejected && now < current.WaitFromTicks)
        {
            return current; // Another caller's refresh was faster than the rejection.
        }

        // A token that replaced a rejected one a moment ago shows that a refresh does not help.
        if (current.Value == rejected && now - current.ReplacedAtTicks < RefreshTimings.ReplacementInterval.Ticks)
        {
            return null;
        }

        var request = application.NewRequest(RefreshTrigger.Rejected) with { RejectedToken = rejected };
        return await RefreshAsync(accountId, request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CachedAccessToken> RefreshAsync(
        string accountId, RefreshRequest request, CancellationToken cancellationToken)
    {
        var result = await application.RefreshAsync(accountId, request, cancellationToken).ConfigureAwait(false);
        return result.Token.Value is not null ? result.Token : throw ConnectionErrors.NoUsableAccessToken(accountId);
    }
}
