using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// A write whose statement fails, before it took effect or after, while nobody or a rival wrote: it is won if and only
/// if what it asked for is in the table.
/// </summary>
public sealed class OutcomeTests
{
    public enum Write
    {
        Insert,
        Update,
        Delete,
    }

    public static TheoryData<Write, int, int, bool> Cases
    {
        get
        {
            var cases = new TheoryData<Write, int, int, bool>();
            foreach (var write in Enum.GetValues<Write>())
            {
                foreach (var (before, after) in new[] { (1, 0), (2, 0), (0, 1), (1, 1), (0, 3), (9, 0) })
                {
                    cases.Add(write, before, after, false);
                    cases.Add(write, before, after, true);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_write_that_fails_is_won_iff_it_took_effect(Write write, int before, int after, bool hasRival)
    {
        await using var database = new SqliteDatabase();
        var faults = new BreakingConnection();
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(
            database, options => options.AddInterceptors(faults));
        await using var rival = StoreHost.Create<SampleDbContext>(database);
        var first = StoreChecks.NewConnection();
        var expected = write == Write.Insert ? null : first.Version;
        Assert.True(write == Write.Insert || await host.Store.TrySaveAsync(first, null));
        var theirs = first.Next();
        Assert.True(!hasRival || await rival.Store.TrySaveAsync(theirs, expected));
        faults.BreakBeforeNextWrites(before);
        faults.BreakAfterNextWrites(after);

        var ours = first.Next();
        bool? won = null;
        try
        {
            won = write == Write.Delete
                ? await host.Store.TryDeleteAsync(first.Key(), first.Version)
                : await host.Store.TrySaveAsync(ours, expected);
        }
        catch (Exception exception) when (exception is DbUpdateException or ConnectionBrokenException)
        {
            // Told as a failure: whether it took effect is open.
        }

        var stored = await rival.Store.FindAsync(first.Key());
        var tookEffect = write == Write.Delete ? stored is null : stored?.Version == ours.Version;
        Assert.True(won is null || won == tookEffect, $"It said {won}; stored is {stored?.Version ?? "nothing"}.");
        Assert.Equal(!hasRival && before == 9, won is null);
        Assert.True(!hasRival || stored == theirs, "What the rival wrote is gone.");
    }
}
