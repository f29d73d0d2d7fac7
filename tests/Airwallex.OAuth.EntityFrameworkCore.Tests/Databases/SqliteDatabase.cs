using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A file in the temporary folder.</summary>
internal sealed class SqliteDatabase : TestDatabase
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"airwallex-{Guid.NewGuid():N}.db");

    public override string ConnectionString =>
        new SqliteConnectionStringBuilder { DataSource = _file }.ConnectionString;

    public override void Use(DbContextOptionsBuilder options) => options.UseSqlite(ConnectionString);

    public override DbConnection CreateConnection() => new SqliteConnection(ConnectionString);

    public override ValueTask DisposeAsync()
    {
        using (var connection = new SqliteConnection(ConnectionString))
        {
            SqliteConnection.ClearPool(connection);
        }

        foreach (var file in new[] { _file, _file + "-wal", _file + "-shm" })
        {
            File.Delete(file);
        }

        return default;
    }
}
