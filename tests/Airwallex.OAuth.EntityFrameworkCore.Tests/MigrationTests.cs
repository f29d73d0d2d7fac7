using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>The migrations of the sample context: made by <c>dotnet ef</c>, applied by every test here, and up to date with the model.</summary>
public sealed class MigrationTests
{
    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task Migrations_apply_and_leave_nothing_of_the_model_out(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrate: false);
        await using var context = database.CreateContext();

        await context.Database.MigrateAsync();

        Assert.Empty(await context.Database.GetPendingMigrationsAsync());
        Assert.False(context.Database.HasPendingModelChanges());
        Assert.Empty(await database.QueryAsync("SELECT * FROM \"AirwallexConnections\""));
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task Instants_are_readable_columns_in_utc(Engine engine)
    {
        using var keys = new KeyFolder();
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, keys);
        await host.Store.SaveAsync(TestConnections.Create() with { RenewAt = new DateTimeOffset(2031, 5, 6, 14, 0, 0, TimeSpan.FromHours(2)) });

        var renewAt = await database.QueryAsync(
            engine == Engine.Sqlite ? "SELECT \"RenewAt\" FROM \"AirwallexConnections\"" : "SELECT to_char(\"RenewAt\" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM \"AirwallexConnections\"");

        Assert.Equal(["2031-05-06 12:00:00"], renewAt);
    }
}
