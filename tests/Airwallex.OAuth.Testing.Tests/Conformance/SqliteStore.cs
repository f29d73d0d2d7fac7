using Dapper;
using Microsoft.Data.Sqlite;

namespace Airwallex.OAuth.Testing.Tests.Conformance;

// The package's README shows this class and the test of it.
public sealed class SqliteStore(string connectionString) : ITokenStore
{
    private const string Key = "AccountId = @AccountId AND ClientId = @ClientId";

    public async ValueTask<StoredConnection?> FindAsync(
        ConnectionKey key, CancellationToken cancellationToken = default) =>
        (
            await QueryAsync<StoredConnection>(
                $"SELECT * FROM Connections WHERE {Key}", key, cancellationToken)).FirstOrDefault();

    public async ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
        await ExecuteAsync(expectedVersion is null
            ? "INSERT INTO Connections VALUES (@ClientId, @AccountId, @Version, @Status, @RenewAt, @RecoverAt, "
                + "@State, @Tokens) ON CONFLICT DO NOTHING"
            : "UPDATE Connections SET Version = @Version, Status = @Status, RenewAt = @RenewAt, RecoverAt = @RecoverAt, "
                + $"State = @State, Tokens = @Tokens WHERE {Key} AND Version = @Expected",
            connection, expectedVersion, cancellationToken);

    public async ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) => await ExecuteAsync(
        $"DELETE FROM Connections WHERE {Key} AND Version = @Expected", key, expectedVersion, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default) => await QueryAsync<StoredConnection>("""
        SELECT * FROM Connections WHERE (@ClientId IS NULL OR ClientId = @ClientId)
        AND (@AccountId IS NULL OR AccountId = @AccountId) AND (@Status IS NULL OR Status = @Status)
        AND (@RenewalDueAt IS NULL OR RenewAt <= @RenewalDueAt)
        AND (@RecoveryDueAt IS NULL OR RecoverAt <= @RecoveryDueAt)
        AND (@AfterAccount IS NULL OR (AccountId, ClientId) > (@AfterAccount, @AfterClient))
        ORDER BY AccountId, ClientId LIMIT @Limit
        """, new
        {
            query.ClientId,
            query.AccountId,
            query.Status,
            query.RenewalDueAt,
            query.RecoveryDueAt,
            query.Limit,
            AfterAccount = query.After?.AccountId,
            AfterClient = query.After?.ClientId
        }, cancellationToken);

    public async ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default) => await QueryAsync<ConnectionSummary>("""
        SELECT ClientId, sum(Status = 0) AS Active, sum(Status = 1) AS ReauthorizationRequired,
        sum(Status = 2) AS Disconnected, sum(Status = 0 AND RenewAt <= @now) AS RenewalDue,
        sum(Status = 0 AND RecoverAt IS NOT NULL) AS RefreshPending,
        min(iif(Status = 0, RenewAt, NULL)) AS OldestRenewAt FROM Connections GROUP BY ClientId
        """, new { now }, cancellationToken);

    private async Task<bool> ExecuteAsync(
        string sql, object values, string? expected, CancellationToken cancellationToken)
    {
        await using var database = new SqliteConnection(connectionString);
        var parameters = new DynamicParameters(values);
        parameters.Add("Expected", expected);
        return await database.ExecuteAsync(new(sql, parameters, cancellationToken: cancellationToken)) == 1;
    }

    private async Task<List<T>> QueryAsync<T>(string sql, object values, CancellationToken cancellationToken)
    {
        await using var database = new SqliteConnection(connectionString);
        return (await database.QueryAsync<T>(new(sql, values, cancellationToken: cancellationToken))).AsList();
    }
}
