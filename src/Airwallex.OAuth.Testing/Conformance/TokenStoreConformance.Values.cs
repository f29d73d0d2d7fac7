using System.Text;

namespace Airwallex.OAuth.Testing;

/// <content>Values: what goes in comes out.</content>
public abstract partial class TokenStoreConformance
{
    private const int LargestText = 64 * 1024;

    /// <summary>Every field comes back as it was saved, with all of them set and with as few as possible.</summary>
    public Task EveryFieldComesBack() => CheckAsync(async run =>
    {
        var full = run.NewConnection() with
        {
            Status = ConnectionStatus.Disconnected,
            RecoverAt = ConformanceRun.Noon.AddSeconds(12),
        };
        await run.RequireStoredAsync(await run.SaveAsync(full).ConfigureAwait(false), "With every field set")
            .ConfigureAwait(false);

        var bare = run.NewConnection() with { State = "{}", Tokens = "t" };
        await run.RequireStoredAsync(await run.SaveAsync(bare).ConfigureAwait(false), "With short texts alone")
            .ConfigureAwait(false);
    });

    /// <summary>Every status that is stored comes back.</summary>
    public Task EveryStatusComesBack() => CheckAsync(async run =>
    {
        foreach (var status in StoredStatuses)
        {
            var saved = await run.SaveAsync(run.NewConnection() with { Status = status }).ConfigureAwait(false);
            await run.RequireStoredAsync(saved, $"With status {status}").ConfigureAwait(false);
        }
    });

    /// <summary>Instants come back exact to the millisecond, in any season and in any century that matters.</summary>
    public Task InstantsComeBackToTheMillisecond() => CheckAsync(async run =>
    {
        DateTimeOffset[] instants =
        [
            ConformanceRun.Noon,
            ConformanceRun.Noon.AddMilliseconds(1),
            ConformanceRun.Noon.AddMilliseconds(-1),
            new(2031, 3, 30, 1, 30, 0, 457, TimeSpan.Zero),
            new(2031, 10, 26, 1, 30, 0, 123, TimeSpan.Zero),
            new(2032, 2, 29, 23, 59, 59, 999, TimeSpan.Zero),
            new(2001, 9, 9, 1, 46, 40, 3, TimeSpan.Zero),
            new(2038, 1, 19, 3, 14, 8, 7, TimeSpan.Zero),
            new(2199, 12, 31, 23, 59, 59, 998, TimeSpan.Zero),
        ];
        foreach (var instant in instants)
        {
            var connection = run.NewConnection() with { RenewAt = instant, RecoverAt = instant.AddMilliseconds(13) };
            await run.RequireStoredAsync(await run.SaveAsync(connection).ConfigureAwait(false), $"With {instant:O}")
                .ConfigureAwait(false);
        }
    });

    /// <summary>State and tokens of 64 KB come back whole.</summary>
    public Task LargeTextsComeBack() => CheckAsync(async run =>
    {
        var text = new StringBuilder("{\"text\":\"");
        while (Encoding.UTF8.GetByteCount(text.ToString()) < LargestText - 64)
        {
            text.Append("größer — 理由 🏦 ");
        }

        text.Append(new string('x', LargestText - 2 - Encoding.UTF8.GetByteCount(text.ToString()))).Append("\"}");
        var connection = run.NewConnection() with
        {
            State = text.ToString(),
            Tokens = new string('t', LargestText - 1) + "Z",
        };

        var saved = await run.SaveAsync(connection).ConfigureAwait(false);
        await run.RequireStoredAsync(saved, "With texts of 64 KB").ConfigureAwait(false);
        var next = connection with { Version = ConformanceRun.NewVersion() };
        await run.RequireStoredAsync(
            await run.ReplaceAsync(saved, next).ConfigureAwait(false), "After texts of 64 KB were replaced")
            .ConfigureAwait(false);
    });

    /// <summary>
    /// Both texts come back character by character, in any script: JSON is not parsed, put in order or shortened.
    /// </summary>
    public Task TextsComeBackAsTheyAre() => CheckAsync(async run =>
    {
        string[] texts =
        [
            """{ "b" : 1.0, "a":"é 接続 🚫 👩‍🚀 שלום", "a": null }""",
            """{"escapes":"\u0000 \u00e9 \ud83c\udfe6 \/ \r\n\t","quotes":"' -- ; \" \\ % _ {0} @p0 :p $1"}""",
            "{\n  \"lines\": [],\r\n\t\"é\": \"e\u0301\"\n}",
            " {\"blank\":\"at both ends\"} ",
        ];
        foreach (var text in texts)
        {
            var saved = await run.SaveAsync(run.NewConnection() with { State = text }).ConfigureAwait(false);
            await run.RequireStoredAsync(saved, $"With state {text}").ConfigureAwait(false);
        }

        var visible = new string([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(code => (char)code)]);
        await run.RequireStoredAsync(
            await run.SaveAsync(run.NewConnection() with { Tokens = visible + visible }).ConfigureAwait(false),
            "With every ASCII character in its tokens").ConfigureAwait(false);
    });

    /// <summary>
    /// A value that a column cannot hold is refused with an <see cref="AirwallexOAuthException"/> that is not
    /// transient, and nothing is written; or it is stored whole. It is never cut.
    /// </summary>
    public Task ValueThatDoesNotFitIsRefusedForGood() => CheckAsync(async run =>
    {
        var prefix = run.NewAccountId();
        foreach (var connection in new[]
        {
            run.NewConnection($"{prefix}_{new string('x', 300)}"),
            run.NewConnection(clientId: $"{prefix}_{new string('c', 300)}"),
            run.NewConnection() with { Version = new string('v', 300) },
        })
        {
            try
            {
                await run.SaveAsync(connection).ConfigureAwait(false);
                await run.RequireStoredAsync(connection, "With a value of 300 characters").ConfigureAwait(false);
            }
            catch (AirwallexOAuthException exception) when (!exception.IsTransient)
            {
                var found = await FindOrNullAsync(run, connection).ConfigureAwait(false);
                run.Require(found is null, "After a save that was refused, the connection is stored.");
            }
        }
    });

    // A key that a column cannot hold may be refused by a read too.
    private static async Task<StoredConnection?> FindOrNullAsync(ConformanceRun run, StoredConnection connection)
    {
        try
        {
            return await run.SecondInstance.FindAsync(ConformanceRun.KeyOf(connection)).ConfigureAwait(false);
        }
        catch (AirwallexOAuthException exception) when (!exception.IsTransient)
        {
            return null;
        }
    }
}
