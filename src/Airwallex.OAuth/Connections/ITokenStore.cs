namespace Airwallex.OAuth;

/// <summary>
/// Keeps connections, one per account. Compare-and-swap is the one primitive: lock, lease, write-ahead note and fencing of
/// the refresh are all built on <see cref="TrySaveAsync"/>, so any engine with a conditional write can be a store.
/// </summary>
/// <remarks>
/// <para>Implementations are safe for concurrent use from any thread and any instance of the application. Account ids are opaque
/// and compared by ordinal.</para>
/// <para>A failure of the engine is thrown, never reported as "not found" or "lost the swap". Tokens belong encrypted at rest.
/// An implementation is checked by <c>TokenStoreConformance</c> of Airwallex.OAuth.Testing.</para>
/// </remarks>
public interface ITokenStore
{
    /// <summary>Reads the connection of an account as it was saved last; null when none is stored.</summary>
    /// <param name="accountId">The Airwallex account.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes <paramref name="connection"/> with <c>Version + 1</c> if and only if the stored version equals its
    /// <see cref="AirwallexConnection.Version"/> (0: if and only if none is stored). One atomic step of the engine.
    /// </summary>
    /// <returns>True when it was written; false, and nothing written, when the stored version is another one or the connection is gone.</returns>
    /// <param name="connection">What to write, with the version it was read with.</param>
    /// <param name="cancellationToken">Gives up; whether the write took effect is then unknown to the caller.</param>
    ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default);

    /// <summary>Deletes the connection of an account whatever its version; does nothing when none is stored.</summary>
    /// <param name="accountId">The Airwallex account.</param>
    /// <param name="cancellationToken">Gives up; whether the deletion took effect is then unknown to the caller.</param>
    ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the connections that match <paramref name="filter"/>, each account at most once, in any order. Connections that change
    /// meanwhile may be listed as they were before or after, or be missed when they match only one of the two.
    /// </summary>
    /// <param name="filter">What to list.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter filter, CancellationToken cancellationToken = default);
}
