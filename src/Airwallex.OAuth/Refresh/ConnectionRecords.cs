namespace Airwallex.OAuth;

/// <summary>The token store as the refresh uses it: its answers checked, its failures named after the account.</summary>
internal sealed class ConnectionRecords(ITokenStore store, RefreshRuntime runtime)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstLeasePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestLeasePause = TimeSpan.FromSeconds(1);

    public async ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
    {
        AirwallexConnection? connection;
        try
        {
            connection = await store.FindAsync(accountId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsStoreFailure(exception, cancellationToken))
        {
            throw StoreFailed("reading", accountId, exception);
        }

        if (connection is not null)
        {
            Check(connection, accountId);
        }

        return connection;
    }

    /// <summary>One swap. A failure leaves open whether it took effect.</summary>
    public async ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
    {
        try
        {
            if (await store.TrySaveAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }
        catch (Exception exception) when (IsStoreFailure(exception, cancellationToken))
        {
            throw StoreFailed("writing", connection.AccountId, exception);
        }

        // Lost to somebody whose write must show by now; a store that shows none would have us try for ever.
        var stands = await FindAsync(connection.AccountId, cancellationToken).ConfigureAwait(false);
        return (stands?.Version ?? 0) != connection.Version
            ? false
            : throw Broken(connection.AccountId, $"it refused a write for version {connection.Version}, which is the one that stands");
    }

    public async ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(accountId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsStoreFailure(exception, cancellationToken))
        {
            throw StoreFailed("deleting", accountId, exception);
        }
    }

    public IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter filter, CancellationToken cancellationToken) =>
        store.ListAsync(filter, cancellationToken);

    /// <summary>
    /// Swaps until the write is stored or another's stands. While the store is down it keeps trying for as long as the process
    /// lives: what is written here exists nowhere else.
    /// </summary>
    /// <param name="accountId">Whose connection.</param>
    /// <param name="lastRead">The connection as read last, to swap against without reading again; null to begin with a fresh read.</param>
    /// <param name="decide">
    /// Says what to write in place of the connection that stands now: the same object, or null, to leave it as it is.
    /// </param>
    /// <param name="waitFor">Until when somebody else's lease is to be waited out before <paramref name="decide"/> is asked; null when not at all.</param>
    /// <param name="onFailure">Is told of each failure of the store.</param>
    /// <returns>The connection that stands in the end; null when it is gone.</returns>
    public async Task<AirwallexConnection?> SwapUntilStoredAsync(
        string accountId,
        AirwallexConnection? lastRead,
        Func<AirwallexConnection?, AirwallexConnection?> decide,
        Func<AirwallexConnection, DateTimeOffset?> waitFor,
        Action<AirwallexOAuthException> onFailure)
    {
        for (int failures = 0, waits = 0; ;)
        {
            try
            {
                var current = lastRead ?? await FindAsync(accountId).ConfigureAwait(false);
                if (lastRead is null && current is not null && waitFor(current) is { } end && end > runtime.Now)
                {
                    await WaitForLeaseAsync(end, waits++).ConfigureAwait(false);
                    continue;
                }

                lastRead = null;
                var next = decide(current);
                if (next is null || ReferenceEquals(next, current))
                {
                    return current;
                }

                if (await TrySaveAsync(next).ConfigureAwait(false))
                {
                    return next with { Version = next.Version + 1 };
                }

                failures = 0;
            }
            catch (AirwallexOAuthException exception)
            {
                onFailure(exception);
                await runtime.Delay(runtime.Backoff(FirstPause, failures++, LongestPause)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits before another look at a lease, longer each time: it may end before its time, and whoever looks late may come too late.</summary>
    public Task WaitForLeaseAsync(DateTimeOffset end, int waits)
    {
        var pause = runtime.Backoff(FirstLeasePause, waits, LongestLeasePause);
        var left = end - runtime.Now;
        return runtime.Delay(pause < left ? pause : left);
    }

    // A store that mixes up accounts or versions would have us spend or overwrite the wrong refresh token (invariants 2 and 5).
    private static void Check(AirwallexConnection connection, string accountId)
    {
        if (connection.AccountId != accountId)
        {
            throw Broken(accountId, $"it returned the connection of account {connection.AccountId}");
        }

        if (connection.Tokens is null || connection.Tokens.AccountId != accountId || string.IsNullOrEmpty(connection.Tokens.RefreshToken))
        {
            throw Broken(accountId, "it returned a connection without tokens of that account");
        }

        if (connection.Version < 1)
        {
            throw Broken(accountId, $"it returned a stored connection with version {connection.Version}; the first write stores version 1");
        }
    }

    public static AirwallexOAuthException Broken(string accountId, string fault) =>
        new($"The token store breaks its contract for account {accountId}: {fault}. Nothing was sent and nothing overwritten. Check the store with TokenStoreConformance.");

    private static AirwallexOAuthException StoreFailed(string doing, string accountId, Exception exception) =>
        new($"The token store failed while {doing} the connection of account {accountId}. No refresh token is sent while the store is down; repair it.", exception);

    private static bool IsStoreFailure(Exception exception, CancellationToken cancellationToken) =>
        exception is not AirwallexOAuthException && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);
}
