using System.Data;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Airwallex.OAuth.Testing.Tests.Conformance;

public sealed class SqliteStoreTests : TokenStoreConformance, IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public Task Store_keeps_every_rule() => RunAllAsync();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        File.Delete(_file);
    }

    // Two instances on one database, as in production.
    protected override ValueTask<ITokenStore> CreateSecondInstanceAsync(ITokenStore first) => CreateStoreAsync();

    protected override async ValueTask<ITokenStore> CreateStoreAsync()
    {
        Milliseconds.Use();
        await using var database = new SqliteConnection($"Data Source={_file}");
        await database.ExecuteAsync("""
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS Connections (
                ClientId TEXT, AccountId TEXT, Version TEXT, Status INTEGER, RenewAt INTEGER, RecoverAt INTEGER,
                State TEXT, Tokens TEXT, PRIMARY KEY (AccountId, ClientId));
            """);
        return new SqliteStore($"Data Source={_file}");
    }

    // Instants are whole milliseconds.
    private sealed class Milliseconds : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public static void Use()
        {
            SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
            SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
            SqlMapper.AddTypeHandler(new Milliseconds());
        }

        public override DateTimeOffset Parse(object value) => DateTimeOffset.FromUnixTimeMilliseconds((long)value);

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) =>
            parameter.Value = value.ToUnixTimeMilliseconds();
    }
}
