namespace Airwallex.OAuth;

/// <summary>Access tokens for callers: at once while fresh, after a refresh when not. Thread-safe.</summary>
internal sealed class AccessTokens(Accounts accounts, ConnectionRefresher refresher, RefreshRuntime runtime)
{
    /// <summary>A token that replaced a refused one and is refused again tells that a refresh does not help; another is not tried sooner.</summary>
    private static readonly TimeSpan ReplacementInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The hot path: one lookup, one clock read, no lock, no store, no allocation. Null when the caller must wait for a refresh.
    /// </summary>
    public AccessToken? FindFresh(string accountId)
    {
        if (accounts.Find(accountId) is not { } account)
        {
            return null;
        }

        var token = account.Token;
        var now = runtime.Now.UtcTicks;
        if (now >= token.WaitFromTicks)
        {
            return null;
        }

        if (now >= token.RefreshFromTicks)
        {
            RefreshAhead(account);
        }

        return token;
    }

    /// <summary>Waits for a fresh token; while none is to be had, one that is still valid will do.</summary>
    public async Task<AccessToken> WaitForFreshAsync(string accountId, CancellationToken cancellationToken)
    {
        var account = accounts.Get(accountId);
        try
        {
            return (await refresher.RunAsync(account, new RefreshNeed(RefreshTrigger.Expired), cancellationToken).ConfigureAwait(false)).Token;
        }
        catch (AirwallexOAuthException exception) when (
            exception is not (ReauthorizationRequiredException or ConnectionNotFoundException)
            && runtime.Now.UtcTicks < account.Token.ExpiresAtTicks)
        {
            return account.Token;
        }
    }

    /// <summary>Another token than the one that the API refused; null when a refresh would not help.</summary>
    public async Task<AccessToken?> ReplaceRefusedAsync(string accountId, string? refused, CancellationToken cancellationToken)
    {
        var account = accounts.Get(accountId);
        var current = account.Token;
        var now = runtime.Now.UtcTicks;
        if (current.Value != refused && now < current.WaitFromTicks)
        {
            return current; // Somebody else's refresh was faster than the refusal.
        }

        if (now - account.ReplacedAtTicks < ReplacementInterval.Ticks)
        {
            return null;
        }

        var result = await refresher.RunAsync(account, new RefreshNeed(RefreshTrigger.Refused, refused), cancellationToken).ConfigureAwait(false);
        if (result.Connection.Tokens.IssuedAt.UtcTicks >= now)
        {
            account.ReplacedAtTicks = runtime.Now.UtcTicks;
        }

        return result.Token;
    }

    private void RefreshAhead(Account account)
    {
        if (account.Flight is null or { IsOver: true } && !refresher.IsPaused(account))
        {
            // Its failure is logged where it happens, and belongs to no caller.
            _ = refresher.RunAsync(account, new RefreshNeed(RefreshTrigger.Ahead), CancellationToken.None)
                .ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }
}
