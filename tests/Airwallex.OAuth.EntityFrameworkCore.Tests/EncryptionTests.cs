using System.Text;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>Tokens at rest: encrypted always, for one account each, and never lost to a missing key.</summary>
public sealed class EncryptionTests : IDisposable
{
    private readonly KeyFolder _keys = new();
    private readonly KeyFolder _otherKeys = new();

    public void Dispose()
    {
        _keys.Dispose();
        _otherKeys.Dispose();
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task The_raw_table_and_the_logs_hold_no_token(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys, configure: options => options.EnableSensitiveDataLogging(), logLevel: LogLevel.Trace);
        var first = TestConnections.Create();
        var second = first with { Version = 1, Tokens = TestConnections.Create().Tokens };

        await host.Store.SaveAsync(first);
        await host.Store.SaveAsync(second);
        Assert.False(await host.Store.TrySaveAsync(first));
        await host.Store.FindAsync(first.AccountId);

        var stored = await database.QueryAsync("SELECT * FROM \"AirwallexConnections\"");
        Assert.Contains(first.AccountId, stored);
        foreach (var token in new[] { first.Tokens.AccessToken, first.Tokens.RefreshToken, second.Tokens.AccessToken, second.Tokens.RefreshToken })
        {
            Assert.All(FormsOf(token), form => Assert.All(stored, value => Assert.DoesNotContain(form, value, StringComparison.OrdinalIgnoreCase)));
            Assert.All(FormsOf(token), form => Assert.All(host.Logs.All, record => Assert.DoesNotContain(form, record, StringComparison.OrdinalIgnoreCase)));
        }
    }

    [Fact]
    public async Task The_database_file_holds_no_token_even_of_earlier_versions()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var host = StoreHost.Create(database, _keys);
        var saved = TestConnections.Create();
        var tokens = saved.Tokens;
        for (var version = 0; version < 5; version++)
        {
            saved = await host.Store.SaveAsync(saved);
        }

        var file = new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(database.ConnectionString).DataSource;
        var bytes = string.Concat(Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*").Select(ReadShared));

        Assert.Contains(saved.AccountId, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(tokens.RefreshToken, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(tokens.AccessToken, bytes, StringComparison.Ordinal);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_note_leaves_the_stored_tokens_as_they_are(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys);
        var first = await host.Store.SaveAsync(TestConnections.Create());
        var stored = await StoredTokensAsync(database);
        var note = new RefreshAttempt { AttemptId = Guid.NewGuid(), FirstSentAt = TestConnections.Noon, LeaseExpiresAt = TestConnections.Noon.AddSeconds(20) };

        var noted = await host.Store.SaveAsync((await host.Store.FindAsync(first.AccountId))! with { PendingRefresh = note });
        var storedWithNote = await StoredTokensAsync(database);
        var answer = TestConnections.Create().Tokens;
        await host.Store.SaveAsync(noted with { PendingRefresh = null, Tokens = answer });

        Assert.Equal(stored, storedWithNote);
        Assert.Empty(stored.Intersect(await StoredTokensAsync(database)));
        Assert.Equivalent(noted with { PendingRefresh = null, Tokens = answer, Version = 3 }, await host.Store.FindAsync(first.AccountId), strict: true);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task Tokens_of_an_earlier_version_or_another_account_are_written_as_given(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys);
        var first = await host.Store.SaveAsync(TestConnections.Create());
        var read = (await host.Store.FindAsync(first.AccountId))!;
        await host.Store.SaveAsync(first with { Tokens = TestConnections.Create().Tokens });

        await host.Store.SaveAsync(read with { Version = 2 });
        await host.Store.SaveAsync((await host.Store.FindAsync(first.AccountId))! with { AccountId = "acct_other", Version = 0 });

        Assert.Equal(first.Tokens.RefreshToken, (await host.Store.FindAsync(first.AccountId))!.Tokens.RefreshToken);
        Assert.Equal(first.Tokens.RefreshToken, (await host.Store.FindAsync("acct_other"))!.Tokens.RefreshToken);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task Tokens_copied_onto_another_account_do_not_decrypt(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys);
        await host.Store.SaveAsync(TestConnections.Create("acct_victim"));
        await host.Store.SaveAsync(TestConnections.Create("acct_attacker"));

        await database.ExecuteAsync(
            """
            UPDATE "AirwallexConnections" SET
              "ProtectedAccessToken" = (SELECT "ProtectedAccessToken" FROM "AirwallexConnections" WHERE "AccountId" = 'acct_victim'),
              "ProtectedRefreshToken" = (SELECT "ProtectedRefreshToken" FROM "AirwallexConnections" WHERE "AccountId" = 'acct_victim')
            WHERE "AccountId" = 'acct_attacker'
            """);

        await RequireUnreadableAsync(host, database, "acct_attacker");
        Assert.NotNull(await host.Store.FindAsync("acct_victim"));
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_row_that_is_given_another_account_id_does_not_decrypt(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys);
        await host.Store.SaveAsync(TestConnections.Create("acct_victim"));

        await database.ExecuteAsync("UPDATE \"AirwallexConnections\" SET \"AccountId\" = 'acct_attacker'");

        await RequireUnreadableAsync(host, database, "acct_attacker");
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task After_a_rotation_of_keys_old_tokens_are_read_and_new_ones_use_the_new_key(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        AirwallexConnection saved;
        await using (var before = StoreHost.Create(database, _keys))
        {
            saved = await before.Store.SaveAsync(TestConnections.Create());
            var now = DateTimeOffset.UtcNow;
            before.Services.GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddDays(90));
        }

        var old = await ProtectedTokenAsync(database);
        await using var after = StoreHost.Create(database, _keys);
        var read = await after.Store.FindAsync(saved.AccountId);
        var answer = TestConnections.Create().Tokens;
        await after.Store.SaveAsync(read! with { Tokens = answer });

        Assert.Equal(saved.Tokens.RefreshToken, read!.Tokens.RefreshToken);
        Assert.NotEqual(KeyIdOf(old), KeyIdOf(await ProtectedTokenAsync(database)));
        Assert.Equal(answer.RefreshToken, (await after.Store.FindAsync(saved.AccountId))!.Tokens.RefreshToken);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task When_the_key_is_gone_the_account_is_named_and_its_row_left_alone_until_the_key_is_back(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys);
        var saved = await host.Store.SaveAsync(TestConnections.Create());

        await using var without = StoreHost.Create(database, _otherKeys);
        var exception = await RequireUnreadableAsync(without, database, saved.AccountId);

        Assert.Contains("key ring", exception.Message, StringComparison.Ordinal);
        Assert.Equal(saved.Tokens.RefreshToken, (await host.Store.FindAsync(saved.AccountId))!.Tokens.RefreshToken);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task One_row_that_cannot_be_decrypted_does_not_keep_the_others_from_being_listed(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys);
        await using var other = StoreHost.Create(database, _otherKeys);
        await host.Store.SaveAsync(TestConnections.Create("acct_1"));
        await other.Store.SaveAsync(TestConnections.Create("acct_2"));
        await host.Store.SaveAsync(TestConnections.Create("acct_3"));

        for (var scans = 0; scans < 3; scans++)
        {
            var listed = await host.Store.ListAllAsync(new ConnectionFilter { Status = ConnectionStatus.Active, RenewalDueAt = TestConnections.Noon.AddDays(70) });
            Assert.Equal(["acct_1", "acct_3"], listed.Select(connection => connection.AccountId).Order());
        }

        // Once, not at every scan; and again when the row has changed and still cannot be read.
        Assert.Contains("acct_2", Assert.Single(host.Logs.OfStore), StringComparison.Ordinal);
        await other.Store.SaveAsync((await other.Store.FindAsync("acct_2"))!);
        await host.Store.ListAllAsync();
        Assert.Equal(2, host.Logs.OfStore.Count());
    }

    [Fact]
    public async Task A_connection_that_cannot_be_encrypted_is_not_written()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var host = StoreHost.Create(_keys, builder =>
        {
            database.AddStore(builder);
            builder.Services.AddDataProtection().DisableAutomaticKeyGeneration();
        });

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(() => host.Store.TrySaveAsync(TestConnections.Create()).AsTask());

        Assert.Contains("cannot be encrypted", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await database.QueryAsync("SELECT COUNT(*) FROM \"AirwallexConnections\""));
    }

    [Fact]
    public void The_applications_own_set_up_of_data_protection_is_kept_whether_it_comes_first_or_last()
    {
        foreach (var first in new[] { true, false })
        {
            var services = new ServiceCollection();
            var builder = new AirwallexOAuthBuilder(services);
            if (first)
            {
                services.AddDataProtection().SetApplicationName("own").PersistKeysToFileSystem(_keys.Folder);
            }

            builder.AddEntityFrameworkStore<Sample.SqliteSampleDbContext>();
            if (!first)
            {
                services.AddDataProtection().SetApplicationName("own").PersistKeysToFileSystem(_keys.Folder);
            }

            using var provider = services.BuildServiceProvider();
            Assert.Equal("own", provider.GetRequiredService<IOptions<DataProtectionOptions>>().Value.ApplicationDiscriminator);
            Assert.NotNull(provider.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository);
        }
    }

    private static async Task<AirwallexOAuthException> RequireUnreadableAsync(StoreHost host, TestDatabase database, string accountId)
    {
        var before = await database.QueryAsync("SELECT * FROM \"AirwallexConnections\" ORDER BY \"AccountId\"");

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(() => host.Store.FindAsync(accountId).AsTask());
        Assert.False(await host.Store.TrySaveAsync(TestConnections.Create(accountId)));
        Assert.DoesNotContain(await host.Store.ListAllAsync(), connection => connection.AccountId == accountId);

        Assert.Contains(accountId, exception.Message, StringComparison.Ordinal);
        Assert.Contains("authorize again", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.QueryAsync("SELECT * FROM \"AirwallexConnections\" ORDER BY \"AccountId\""));
        return exception;
    }

    private static IEnumerable<string> FormsOf(string token)
    {
        var bytes = Encoding.UTF8.GetBytes(token);
        return [token, Convert.ToHexString(bytes), Convert.ToBase64String(bytes).TrimEnd('='), Convert.ToHexString(Encoding.Unicode.GetBytes(token))];
    }

    private static async Task<string> ProtectedTokenAsync(TestDatabase database) =>
        Assert.Single(await database.QueryAsync("SELECT \"ProtectedRefreshToken\" FROM \"AirwallexConnections\""));

    // A protected text begins with a magic number and the key's id.
    private static string KeyIdOf(string protectedToken) => protectedToken[..26];

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private static async Task<List<string>> StoredTokensAsync(TestDatabase database) =>
        [.. await database.QueryAsync("SELECT \"ProtectedAccessToken\", \"ProtectedRefreshToken\" FROM \"AirwallexConnections\"")];
}
