namespace Airwallex.OAuth;

/// <summary>
/// Keeps connections, one per client id and Airwallex account. Compare-and-swap is the one primitive: lock, lease,
/// write-ahead and fencing of the refresh are built on <see cref="TrySaveAsync"/>, so any engine with a conditional
/// write can be a store.
/// </summary>
/// <remarks>
/// <para>Implementations are singletons and safe for concurrent use from any thread and any instance of the
/// application. Texts are opaque, hold any Unicode, and are compared by ordinal.</para>
/// <para>A failure of the engine is thrown, never reported as "not found" or "not written"; the library tries again. A
/// fault that cannot pass, such as a value that a column cannot hold, is thrown as
/// <see cref="AirwallexOAuthException"/> with <see cref="AirwallexOAuthException.IsTransient"/> false.</para>
/// <para>The library limits the time of every call, and makes it outside the context of its own caller: no transaction
/// and no request is ambient, the trace is.</para>
/// <para>Tokens arrive encrypted. <c>TokenStoreConformance</c> of Airwallex.OAuth.Testing checks an
/// implementation.</para>
/// </remarks>
public interface ITokenStore
{
    /// <summary>Reads a connection as it was saved last; null when none is stored.</summary>
    /// <param name="key">The connection.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes <paramref name="connection"/>, its new <see cref="StoredConnection.Version"/> included, if and only if
    /// the stored version is <paramref name="expectedVersion"/>. One atomic step of the engine.
    /// </summary>
    /// <param name="connection">What to write.</param>
    /// <param name="expectedVersion">The version that must be stored; null: none must be stored under the key.</param>
    /// <param name="cancellationToken">Cancels the write; whether it took effect is then unknown to the caller.</param>
    /// <returns>True when it was written; false, and nothing written, when another version or none is stored.</returns>
    ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a connection if and only if the stored version is <paramref name="expectedVersion"/>. One atomic step
    /// of the engine.
    /// </summary>
    /// <param name="key">The connection.</param>
    /// <param name="expectedVersion">The version that must be stored.</param>
    /// <param name="cancellationToken">Cancels the deletion; whether it took effect is then unknown to the
    /// caller.</param>
    /// <returns>True when it was deleted; false, and nothing deleted, when another version or none is stored.</returns>
    ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads one page of the connections that match <paramref name="query"/>, in an order of the store's own choice
    /// that <see cref="ConnectionQuery.After"/> continues.
    /// </summary>
    /// <remarks>
    /// The order may differ between queries by due time and others: for example by due time, then key, so that an index
    /// gives it. Connections that change meanwhile may be listed twice or be missed.
    /// </remarks>
    /// <param name="query">What to list.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>At most <see cref="ConnectionQuery.Limit"/> connections; fewer when there are no more.</returns>
    ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default);

    /// <summary>Counts the connections of every client id.</summary>
    /// <param name="now">The instant that <see cref="ConnectionSummary.RenewalDue"/> is measured at.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>One summary for each client id of which a connection is stored, in any order.</returns>
    ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default);
}
