using System.Data;
using System.Data.Common;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// The statements that SQL Server would be given, as text: no such server runs here, so none of them is executed.
/// </summary>
public sealed class SqlServerTests
{
    private static readonly StoredConnection Connection = StoreChecks.NewConnection();

    [Fact]
    public void Table_has_a_binary_key_within_900_bytes_and_exact_types()
    {
        using var context = new SampleDbContext(
            new DbContextOptionsBuilder<SampleDbContext>().UseSqlServer("Server=unused").Options);

        var script = context.Database.GenerateCreateScript().ReplaceLineEndings("\n");

        Assert.Contains(
            """
            CREATE TABLE [AirwallexConnections] (
                [AccountId] nvarchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
                [ClientId] nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
                [Version] varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
                [Status] varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
                [RenewAt] bigint NOT NULL,
                [RecoverAt] bigint NULL,
                [State] nvarchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
                [Tokens] varchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
                CONSTRAINT [PK_AirwallexConnections] PRIMARY KEY ([AccountId], [ClientId])
            );
            """.ReplaceLineEndings("\n"),
            script,
            StringComparison.Ordinal);
        Assert.Contains(
            "ON [AirwallexConnections] ([ClientId], [Status], [RenewAt])", script, StringComparison.Ordinal);
        Assert.Contains(
            "ON [AirwallexConnections] ([ClientId], [Status], [RecoverAt])", script, StringComparison.Ordinal);
        Assert.True((255 + 128) * sizeof(char) <= 900);
    }

    [Fact]
    public async Task A_save_is_one_conditional_update()
    {
        var statement = await StatementAsync(store => store.TrySaveAsync(Connection, "before").AsTask());

        Assert.Matches(
            """
            ^SET IMPLICIT_TRANSACTIONS OFF;
            SET NOCOUNT ON;
            UPDATE \[AirwallexConnections\] SET (\[(RecoverAt|RenewAt|State|Status|Tokens|Version)\] = @p\d(, )?){6}
            OUTPUT 1
            WHERE \[AccountId\] = @p\d AND \[ClientId\] = @p\d AND \[Version\] = @p\d;
            $
            """.ReplaceLineEndings("\n").TrimEnd(),
            statement);
    }

    [Fact]
    public async Task A_deletion_is_one_conditional_delete() => Assert.Contains(
        "DELETE FROM [AirwallexConnections]\nOUTPUT 1\n"
            + "WHERE [AccountId] = @p0 AND [ClientId] = @p1 AND [Version] = @p2;",
        await StatementAsync(store => store.TryDeleteAsync(Connection.Key(), "before").AsTask()),
        StringComparison.Ordinal);

    [Fact]
    public async Task The_next_page_of_what_is_due_seeks_in_its_index()
    {
        var query = new ConnectionQuery
        {
            ClientId = "client",
            Status = ConnectionStatus.Active,
            RecoveryDueAt = StoreChecks.Noon,
            After = Connection with { RecoverAt = StoreChecks.Noon },
            Limit = 50,
        };

        var statement = await StatementAsync(store => store.ListAsync(query).AsTask());

        Assert.StartsWith("SELECT TOP(@", statement, StringComparison.Ordinal);
        Assert.Matches(
            """WHERE .*\[ClientId\] = @\w+ AND .*\[Status\] = @\w+ AND .*""" +
            """\[RecoverAt\] <= @\w+ AND .*\[RecoverAt\] >= @\w+""",
            statement);
        Assert.EndsWith(
            "ORDER BY [a].[RecoverAt], [a].[AccountId], [a].[ClientId]", statement, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_summary_is_one_query() => Assert.Matches(
        """^SELECT \[a\]\.\[ClientId\], COUNT_BIG\(CASE""",
        await StatementAsync(store => store.SummarizeAsync(StoreChecks.Noon).AsTask()));

    private static async Task<string> StatementAsync(Func<ITokenStore, Task> call)
    {
        var server = new AbsentServer();
        await using var host = StoreHost.Create<SampleDbContext>(services => services.AddDbContext<SampleDbContext>(
            options => options.UseSqlServer("Server=unused").AddInterceptors(server, new AbsentServer.Connection())));

        await call(host.Store);

        return Assert.Single(server.Statements).ReplaceLineEndings("\n");
    }

    /// <summary>Takes every statement, reports one row written, and gives no row that is read.</summary>
    private sealed class AbsentServer : DbCommandInterceptor
    {
        public List<string> Statements { get; } = [];

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default)
        {
            Statements.Add(command.CommandText);
            using var rows = new DataTable();
            rows.Columns.Add("written", typeof(int));
            if (eventData.CommandSource == CommandSource.SaveChanges)
            {
                rows.Rows.Add(1);
            }

            return ValueTask.FromResult(InterceptionResult<DbDataReader>.SuppressWithResult(rows.CreateDataReader()));
        }

        public sealed class Connection : DbConnectionInterceptor
        {
            public override ValueTask<InterceptionResult> ConnectionOpeningAsync(
                DbConnection connection, ConnectionEventData eventData, InterceptionResult result,
                CancellationToken cancellationToken = default) =>
                ValueTask.FromResult(InterceptionResult.Suppress());
        }
    }
}
