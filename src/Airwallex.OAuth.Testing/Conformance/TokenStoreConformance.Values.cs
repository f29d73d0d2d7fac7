namespace Airwallex.OAuth.Testing;

/// <content>Values: what goes in comes out, and nothing goes in when the caller has given up.</content>
public abstract partial class TokenStoreConformance
{
    /// <summary>Every field comes back as it was saved, of a connection with all of them set and of one with as few as possible.</summary>
    public Task EveryFieldComesBack() => CheckAsync(async run =>
    {
        var full = run.NewConnection() with
        {
            Status = ConnectionStatus.Disconnected,
            StatusReason = "Airwallex says: user_initiated.",
            PendingRefresh = ConformanceRun.NewAttempt(ConformanceRun.Noon.AddSeconds(20)) with { AnsweredStatus = 503 },
        };
        await run.RequireStoredAsync(await run.SaveAsync(full).ConfigureAwait(false), "With every field set").ConfigureAwait(false);

        var bare = run.NewConnection();
        bare = bare with { Tokens = bare.Tokens with { Scopes = [] } };
        await run.RequireStoredAsync(await run.SaveAsync(bare).ConfigureAwait(false), "With no scopes, no reason and no pending refresh").ConfigureAwait(false);

        var unanswered = run.NewConnection() with { PendingRefresh = ConformanceRun.NewAttempt(ConformanceRun.Noon) };
        await run.RequireStoredAsync(await run.SaveAsync(unanswered).ConfigureAwait(false), "With a pending refresh that was not answered").ConfigureAwait(false);
    });

    /// <summary>Every status comes back.</summary>
    public Task EveryStatusComesBack() => CheckAsync(async run =>
    {
        foreach (var status in Enum.GetValues<ConnectionStatus>())
        {
            await run.RequireStoredAsync(await run.SaveAsync(run.NewConnection() with { Status = status }).ConfigureAwait(false), $"With status {status}").ConfigureAwait(false);
        }
    });

    /// <summary>
    /// Instants come back exact to the microsecond, at any offset and in any season; the offset itself need not come back.
    /// </summary>
    public Task InstantsComeBackToTheMicrosecond() => CheckAsync(async run =>
    {
        DateTimeOffset[] instants =
        [
            new(2031, 5, 6, 12, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2031, 5, 6, 23, 59, 59, TimeSpan.Zero).AddTicks(9_999_990),
            new DateTimeOffset(2031, 5, 6, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567),
            new(2031, 3, 30, 2, 30, 0, TimeSpan.FromHours(1)),
            new(2031, 10, 26, 2, 30, 0, TimeSpan.FromHours(2)),
            new DateTimeOffset(2031, 12, 31, 20, 0, 0, TimeSpan.FromHours(-8)).AddTicks(10),
            new(2032, 2, 29, 5, 30, 0, TimeSpan.FromMinutes(330)),
            new(2099, 12, 31, 23, 59, 59, TimeSpan.FromHours(14)),
        ];
        foreach (var instant in instants)
        {
            var connection = run.NewConnection();
            connection = connection with
            {
                ConnectedAt = instant,
                RenewAt = instant.AddSeconds(1),
                PendingRefresh = ConformanceRun.NewAttempt(instant) with { FirstSentAt = instant.AddSeconds(2), LeaseExpiresAt = instant.AddSeconds(3) },
                Tokens = connection.Tokens with
                {
                    IssuedAt = instant.AddSeconds(4),
                    AccessTokenExpiresAt = instant.AddSeconds(5),
                    RefreshTokenExpiresAt = instant.AddSeconds(6),
                },
            };
            await run.RequireStoredAsync(await run.SaveAsync(connection).ConfigureAwait(false), $"With instants at {instant:O}").ConfigureAwait(false);
        }
    });

    /// <summary>Tokens of 4 KB, a reason of 2,000 characters and sixty scopes come back whole.</summary>
    public Task LargeValuesComeBack() => CheckAsync(async run =>
    {
        var connection = run.NewConnection();
        connection = connection with
        {
            StatusReason = string.Concat(Enumerable.Repeat("Grund: größer — 理由。", 112))[..2_000],
            Tokens = connection.Tokens with
            {
                AccessToken = new string('a', 4_095) + "Z",
                RefreshToken = new string('r', 4_095) + "Z",
                Scopes = [.. Enumerable.Range(0, 60).Select(number => $"r:awx_action:settings.account_details_view_{number}")],
            },
        };

        await run.RequireStoredAsync(await run.SaveAsync(connection).ConfigureAwait(false), "With large values").ConfigureAwait(false);
    });

    /// <summary>Every character that RFC 6749 allows in a token or a scope comes back, and a reason in any script.</summary>
    public Task OddValuesComeBack() => CheckAsync(async run =>
    {
        var visible = new string([.. Enumerable.Range(0x21, 0x7E - 0x21 + 1).Select(code => (char)code)]);
        var connection = run.NewConnection();
        connection = connection with
        {
            StatusReason = "It's \"over\"; -- 接続は終了しました 🚫 \\ % _ \r\n\t{0}",
            Tokens = connection.Tokens with
            {
                AccessToken = visible,
                RefreshToken = visible + " ",
                Scopes = ["a,b", "c;d", "e|f", "[g]", "{h}", "i+j", "null", "k:'l'"],
            },
        };

        await run.RequireStoredAsync(await run.SaveAsync(connection).ConfigureAwait(false), "With odd values").ConfigureAwait(false);
    });

    /// <summary>
    /// Account ids are opaque, up to 100 characters, in any script, and compared by ordinal: ids that differ in case, in Unicode
    /// normalization or by a trailing space alone are different accounts.
    /// </summary>
    public Task AccountIdsAreComparedByOrdinal() => CheckAsync(async run =>
    {
        string[] suffixes =
        [
            "acct_AcFEnD6CMgOvuFYLgFCw9A", "ACCT_ACFEND6CMGOVUFYLGFCW9A", "acct_acfend6cmgovufylgfcw9a",
            "é", "e\u0301", "ss", "ß", "ẞ", "I", "i", "İ", "ı", "a", "a ", " a", "Å", "A\u030A", "１", "1", "١",
            "日本語", "🏦", "👩‍🚀", "שלום", "';--", "%", "_", "*", "a/b\\c?d#e", "null", new string('x', 70),
        ];
        var prefix = run.NewAccountId();
        var saved = new List<AirwallexConnection>();

        foreach (var suffix in suffixes)
        {
            var accountId = $"{prefix}_{suffix}";
            await run.RequireGoneAsync(accountId, "Before having been saved").ConfigureAwait(false);
            saved.Add(await run.SaveAsync(run.NewConnection(accountId)).ConfigureAwait(false));
        }

        foreach (var connection in saved)
        {
            await run.RequireStoredAsync(connection, "Among ids that look alike").ConfigureAwait(false);
        }

        run.RequireAccounts(saved.Select(connection => connection.AccountId), (await run.ListOwnAsync(new ConnectionFilter()).ConfigureAwait(false)).Select(connection => connection.AccountId), "ListAsync of ids that look alike");

        // Each is updated and deleted alone.
        for (var last = saved.Count - 1; last >= 0; last--)
        {
            await run.SaveAsync(saved[last]).ConfigureAwait(false);
            await run.Store.DeleteAsync(saved[last].AccountId).ConfigureAwait(false);
            await run.RequireGoneAsync(saved[last].AccountId, "After DeleteAsync").ConfigureAwait(false);
            foreach (var other in saved.Take(last))
            {
                await run.RequireStoredAsync(other, $"After an update and a deletion of account {saved[last].AccountId}").ConfigureAwait(false);
            }
        }
    });

    /// <summary>A token that is cancelled already ends every method with <see cref="OperationCanceledException"/>, and nothing is written or deleted.</summary>
    public Task CancelledCallsWriteNothing() => CheckAsync(async run =>
    {
        var cancelled = new CancellationToken(canceled: true);
        var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var absent = run.NewConnection();

        await RequireCancelledAsync(run, "TrySaveAsync of a new connection", async () => await run.Store.TrySaveAsync(absent, cancelled).ConfigureAwait(false)).ConfigureAwait(false);
        await RequireCancelledAsync(run, "TrySaveAsync", async () => await run.Store.TrySaveAsync(stored, cancelled).ConfigureAwait(false)).ConfigureAwait(false);
        await RequireCancelledAsync(run, "DeleteAsync", async () => await run.Store.DeleteAsync(stored.AccountId, cancelled).ConfigureAwait(false)).ConfigureAwait(false);
        await RequireCancelledAsync(run, "FindAsync", async () => await run.Store.FindAsync(stored.AccountId, cancelled).ConfigureAwait(false)).ConfigureAwait(false);

        await run.RequireGoneAsync(absent.AccountId, "After a cancelled save").ConfigureAwait(false);
        await run.RequireStoredAsync(stored, "After a cancelled save and a cancelled deletion").ConfigureAwait(false);
    });

    private static async Task RequireCancelledAsync(ConformanceRun run, string method, Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw run.Broken($"{method} with a cancelled token threw no OperationCanceledException.");
    }
}
