using System.Data.Common;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>Statements that the engine rolls back in favor of others, again and again: class 40 of SQLSTATE.</summary>
public sealed class RolledBackTests
{
    [Theory]
    [InlineData("40001")] // A serialization failure.
    [InlineData("40P01")] // A deadlock.
    public async Task Every_call_gives_its_result_though_each_statement_is_rolled_back_nine_times(string sqlState)
    {
        await using var database = new SqliteDatabase();
        var engine = new RollingBack(sqlState);
        await using var host = await CreateAsync(database, engine);
        engine.Times = 9;

        await StoreChecks.RequireWorksAsync(host.Store);

        Assert.True(engine.RolledBack >= 9 * 5, $"It rolled back {engine.RolledBack} statements only.");
    }

    [Fact]
    public async Task A_statement_that_is_rolled_back_for_good_is_a_failure()
    {
        await using var database = new SqliteDatabase();
        var engine = new RollingBack("40001");
        await using var host = await CreateAsync(database, engine);
        engine.Times = int.MaxValue;

        await Assert.ThrowsAsync<RolledBackException>(
            async () => await host.Store.FindAsync(StoreChecks.NewConnection().Key()));

        Assert.Equal(10, engine.RolledBack);
    }

    [Fact]
    public async Task Any_other_failure_of_a_read_is_told_at_once()
    {
        await using var database = new SqliteDatabase();
        var engine = new RollingBack("08006"); // The connection failed.
        await using var host = await CreateAsync(database, engine);
        engine.Times = 1;

        await Assert.ThrowsAsync<RolledBackException>(
            async () => await host.Store.FindAsync(StoreChecks.NewConnection().Key()));
    }

    private static async Task<StoreHost> CreateAsync(SqliteDatabase database, RollingBack engine)
    {
        await using (await StoreHost.CreateWithTablesAsync<SampleDbContext>(database))
        {
            return StoreHost.Create<SampleDbContext>(
                database, options => options.AddInterceptors(engine), new TimeWithoutWaits());
        }
    }

    private sealed class TimeWithoutWaits : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    /// <summary>Rolls each statement back so many times in a row before it lets it through.</summary>
    private sealed class RollingBack(string sqlState) : DbCommandInterceptor
    {
        private int _inARow;

        public int Times { get; set; }

        public int RolledBack { get; private set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default) => ValueTask.FromResult(Pass(result));

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
            CancellationToken cancellationToken = default) => ValueTask.FromResult(Pass(result));

        private T Pass<T>(T result)
        {
            if (_inARow == Times)
            {
                _inARow = 0;
                return result;
            }

            _inARow++;
            RolledBack++;
            throw new RolledBackException(sqlState);
        }
    }

    private sealed class RolledBackException(string sqlState) : DbException("The engine rolled it back.")
    {
        public override string SqlState => sqlState;
    }
}
