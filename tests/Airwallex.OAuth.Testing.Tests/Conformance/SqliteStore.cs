using Dapper;
using Microsoft.Data.Sqlite;

namespace Airwallex.OAuth.Testing.Tests.Conformance;

// The package's README shows this class and the test of it.
public sealed class SqliteStore(string connectionString) : ITokenStore
{
    private const string Key = "AccountId = @AccountId AND ClientId = @ClientId";

    public async ValueTask<StoredConnection?> FindAsync(
        ConnectionKey key, CancellationToken cancellationToken = default) => (await QueryAsync<StoredConnection>(
        $"SELECT * FROM Connections WHERE {Key}", key, null, cancellationToken)).FirstOrDefault();

    public async ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
        (await QueryAsync<int>(expectedVersion is null
            ? "INSERT INTO Connections VALUES (@ClientId, @AccountId, @Version, @Status, @RenewAt, @RecoverAt, "
                + "@State, @Tokens) ON CONFLICT DO NOTHING RETURNING 1"
            : "UPDATE Connections SET Version = @Version, Status = @Status, RenewAt = @RenewAt, "
                + "RecoverAt = @RecoverAt, "
                + $"State = @State, Tokens = @Tokens WHERE {Key} AND Version = @expectedVersion RETURNING 1",
            connection, new { expectedVersion }, cancellationToken)).Count == 1;

    public async ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
        (await QueryAsync<int>($"DELETE FROM Connections WHERE {Key} AND Version = @expectedVersion RETURNING 1",
            key, new { expectedVersion }, cancellationToken)).Count == 1;

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default) => await QueryAsync<StoredConnection>("""
        SELECT * FROM Connections WHERE (@ClientId IS NULL OR ClientId = @ClientId)
        AND (@AccountId IS NULL OR AccountId = @AccountId) AND (@Status IS NULL OR Status = @Status)
        AND (@RenewalDueAt IS NULL OR RenewAt <= @RenewalDueAt)
        AND (@RecoveryDueAt IS NULL OR RecoverAt <= @RecoveryDueAt)
        AND (@AfterAccount IS NULL OR (AccountId, ClientId) > (@AfterAccount, @AfterClient))
        ORDER BY AccountId, ClientId LIMIT @Limit
        """,
            query,
            new { AfterAccount = query.After?.AccountId, AfterClient = query.After?.ClientId },
            cancellationToken);

    public async ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default) => await QueryAsync<ConnectionSummary>("""
        SELECT ClientId, sum(Status = 0) Active, sum(Status = 1) ReauthorizationRequired, sum(Status = 2) Disconnected,
        sum(Status = 0 AND RenewAt <= @now) RenewalDue, sum(Status = 0 AND RecoverAt IS NOT NULL) RefreshPending,
        min(iif(Status = 0, RenewAt, NULL)) OldestRenewAt FROM Connections GROUP BY ClientId
        """, new { now }, null, cancellationToken);

    private async Task<List<T>> QueryAsync<T>(string sql, object values, object? more, CancellationToken cancellation)
    {
        await using var database = new SqliteConnection(connectionString);
        var all = new DynamicParameters(values);
        all.AddDynamicParams(more);
        return (await database.QueryAsync<T>(new(sql, all, cancellationToken: cancellation))).AsList();
    }
}
