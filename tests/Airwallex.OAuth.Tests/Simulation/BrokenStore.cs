namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// The store as a broken engine would use it: what is not written, written late, or written over others.
/// </summary>
internal sealed class BrokenStore(World world, Instance instance, ITokenStore inner) : ITokenStore
{
    private readonly HashSet<string> _ownAttempts = new(StringComparer.Ordinal);
    private readonly HashSet<ConnectionKey> _failedRenewals = [];

    private Breakage Breakage => world.Breakage;

    public async ValueTask<StoredConnection?> FindAsync(
        ConnectionKey key, CancellationToken cancellationToken = default)
    {
        if (Breakage == Breakage.RowsSharedByClients && key.ClientId != world.Options.ClientId)
        {
            var others = key with { ClientId = world.Options.ClientId };
            return await inner.FindAsync(others, cancellationToken) is { } row
                ? row with { ClientId = key.ClientId }
                : null;
        }

        var found = await inner.FindAsync(key, cancellationToken);
        return found is not null && Breakage == Breakage.UnknownRenewalTakenForLost && _failedRenewals.Remove(key)
            ? Changed(found, attempt => attempt with { Id = "another" })
            : found;
    }

    public async ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        var next = world.Database.Read(connection);
        var stored = world.Database.Find(connection.ClientId, connection.AccountId);
        var isOwn = next.Attempt is { } attempt && !_ownAttempts.Add(attempt.Id);
        var isRenewal = isOwn && next.Attempt!.LeaseExpiresAt > instance.Clock.GetUtcNow();
        switch (Breakage)
        {
            case Breakage.AttemptNotStoredFirst when next.Attempt is not null && !isOwn && stored is not null:
            case Breakage.LeaseNotRenewed when isRenewal:
                return true;
            case Breakage.RenewedAfterLosingIt when isRenewal && stored is { } current
                && current.RefreshToken == next.Tokens.RefreshToken:
                return await inner.TrySaveAsync(connection, current.Stored.Version, cancellationToken);
            case Breakage.LeaseWithoutMargin when next.Attempt is not null:
                return await inner.TrySaveAsync(
                    Changed(connection, lease => lease with { LeaseExpiresAt = lease.LeaseExpiresAt.AddSeconds(-6) }),
                    expectedVersion, cancellationToken);
            case Breakage.SavedAfterHandingOut when stored is { } before
                && before.RefreshToken != next.Tokens.RefreshToken:
                instance.After(world.Scheduler.Between(0.5, 2), () =>
                    _ = inner.TrySaveAsync(connection, expectedVersion).AsTask());
                return true;
        }

        try
        {
            return await inner.TrySaveAsync(connection, expectedVersion, cancellationToken);
        }
        catch (IOException) when (isRenewal)
        {
            _failedRenewals.Add(next.Key);
            throw;
        }
    }

    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
        inner.TryDeleteAsync(key, expectedVersion, cancellationToken);

    public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default) =>
        inner.ListAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default) =>
        inner.SummarizeAsync(now, cancellationToken);

    private StoredConnection Changed(StoredConnection stored, Func<RefreshAttempt, RefreshAttempt> change)
    {
        var state = world.Database.Read(stored);
        return state.Attempt is { } attempt ? world.Database.Write(state with { Attempt = change(attempt) }) : stored;
    }
}
