using System.Diagnostics;

namespace Airwallex.OAuth;

/// <summary>
/// The token store as the core uses it: every call has a time limit and runs outside the caller's context, what it
/// returns is checked, and its failures are named after the account. Thread-safe.
/// </summary>
internal sealed class GuardedTokenStore(
    ITokenStore store, ConnectionSerializer serializer, BackgroundTasks tasks, Func<RefreshTimings> timings,
    TimeProvider time,
    Telemetry telemetry)
{
    /// <summary>Reads; one failed read is retried at once.</summary>
    public async Task<ConnectionState?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default)
    {
        try
        {
            return await FindOnceAsync(key, timings().StoreCallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (AirwallexOAuthException exception) when (
            exception is { IsTransient: true, InnerException: not TimeoutException })
        {
            return await FindOnceAsync(key, timings().StoreCallTimeout, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads once, within a limit.</summary>
    public async Task<ConnectionState?> FindOnceAsync(
        ConnectionKey key, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var found = await CallAsync(
            "find", "reading", key.AccountId, limit, async stop =>
            {
                var stored = await store.FindAsync(key, stop).ConfigureAwait(false);
                return stored is null || IsOf(stored, key) ? (
                    Row: stored, State: stored is null ? null : serializer.Read(stored))
                    : (Row: stored, State: null);
            },
            cancellationToken).ConfigureAwait(false);
        return found.Row is null || found.State is not null
            ? found.State
            : throw Broken(
                key.AccountId,
                $"it returned the connection of account {found.Row.AccountId}, client {found.Row.ClientId}");
    }

    /// <summary>One swap. A failure leaves open whether it took effect; a fresh read shows it by the version.</summary>
    /// <returns>Whether it was written.</returns>
    public async Task<bool> TrySaveAsync(ConnectionState next, string? expectedVersion, TimeSpan? limit = null)
    {
        var written = await CallAsync(
            "save", "writing", next.Key.AccountId, limit ?? timings().StoreCallTimeout,
            async stop => await store.TrySaveAsync(serializer.Write(next), expectedVersion, stop).ConfigureAwait(false),
            CancellationToken.None).ConfigureAwait(false);
        if (written)
        {
            return true;
        }

        // Lost to another write, which must show by now; a store that shows none would have us try without end.
        var stored = await FindOnceAsync(next.Key, limit ?? timings().StoreCallTimeout).ConfigureAwait(false);
        return stored?.Version != expectedVersion
            ? stored?.Version == next.Version
            : throw Broken(
                next.Key.AccountId, "it refused a write although the expected version is the one that is stored");
    }

    public Task<bool> TryDeleteAsync(ConnectionState connection, CancellationToken cancellationToken) => CallAsync(
        "delete", "deleting", connection.Key.AccountId, timings().StoreCallTimeout,
        async stop => await store.TryDeleteAsync(connection.Key, connection.Version, stop).ConfigureAwait(false),
        cancellationToken);

    /// <summary>One page.</summary>
    public Task<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken) => CallAsync(
        "list", "listing", accountId: null, timings().StoreCallTimeout,
        async stop => await store.ListAsync(query, stop).ConfigureAwait(false),
        cancellationToken);

    /// <summary>Rows as the core knows them. Decrypting may call a key store, which may fail.</summary>
    public Task<IReadOnlyList<ConnectionState>> ReadAsync(
        IReadOnlyList<StoredConnection> rows, CancellationToken cancellationToken) =>
        CallAsync(
            "list", "reading", accountId: null, timings().StoreCallTimeout,
            _ => Task.FromResult<IReadOnlyList<ConnectionState>>([.. rows.Select(serializer.Read)]),
            cancellationToken);

    public Task<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken) => CallAsync(
        "summarize", "counting", accountId: null, timings().StoreCallTimeout,
        async stop => await store.SummarizeAsync(now, stop).ConfigureAwait(false),
        cancellationToken);

    public static AirwallexOAuthException Broken(string accountId, string fault) =>
        new($"The token store breaks its contract for account {accountId}: {fault}. Nothing was sent and nothing " +
            $"overwritten. "
            + "Check the store with TokenStoreConformance.")
        {
            AccountId = accountId,
        };

    private async Task<T> CallAsync<T>(
        string kind, string doing, string? accountId, TimeSpan limit, Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var outcome = "failed";
        try
        {
            var result = await CallOutsideContextAsync(call, limit, cancellationToken).ConfigureAwait(false);
            outcome = result is false ? "lost" : "ok";
            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = exception is TimeoutException ? "timed_out" : "failed";
            throw Failed(doing, accountId, exception);
        }
        catch (Exception exception)
        {
            // A store whose cancellation throws something of its own.
            throw new OperationCanceledException(
                "The call of the token store was canceled.", exception, cancellationToken);
        }
        finally
        {
            telemetry.StoreCall(kind, outcome, time.GetElapsedTime(startedAt));
        }
    }

    /// <summary>
    /// No write may take part in a caller's transaction, and a store that depends on the request would use one database
    /// in requests and another in background work. The trace goes on.
    /// </summary>
    private Task<T> CallOutsideContextAsync<T>(
        Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        var activity = Activity.Current;
        using AsyncFlowControl? noFlow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return tasks.CallAsync(
            stop =>
            {
                Activity.Current = activity;
                return call(stop);
            },
            limit, time, cancellationToken);
    }

    private static bool IsOf(StoredConnection stored, ConnectionKey key) =>
        stored.AccountId == key.AccountId && stored.ClientId == key.ClientId;

    // A store says with a base exception of ours, not transient, that a fault cannot pass. These say it by their type.
    private static AirwallexOAuthException Failed(string doing, string? accountId, Exception exception)
    {
        var isPermanent = exception is AirwallexOAuthException { IsTransient: false } or ArgumentException
            or NotSupportedException;
        var what = accountId is null ? "connections" : $"the connection of account {accountId}";
        var advice = isPermanent
            ? $"This does not pass by itself: {exception.Message}"
            : "No refresh token is sent while the store fails. Repair it.";
        return new AirwallexOAuthException($"The token store failed while {doing} {what}. {advice}", exception)
        {
            AccountId = accountId,
            IsTransient = !isPermanent,
        };
    }
}
