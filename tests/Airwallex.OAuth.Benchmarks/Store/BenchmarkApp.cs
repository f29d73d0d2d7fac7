using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <summary>An application with the store on a database of its own.</summary>
internal sealed class BenchmarkApp : IAsyncDisposable
{
    /// <summary>About what a token response of Airwallex takes, encrypted.</summary>
    public static readonly string Tokens = new('t', 1_400);

    /// <summary>About what the library remembers of a connection.</summary>
    public const string State =
        """
        {"connectedAt":"2031-05-06T12:00:00Z","scopes":["balance:read"],
        "attempt":{"id":"0123456789abcdef","firstSentAt":"2031-05-06T12:00:00Z"}}
        """;

    private readonly string _server;
    private readonly string _name = $"airwallex_bench_{Guid.NewGuid():N}";

    private BenchmarkApp(string server)
    {
        _server = server;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = _name }.ConnectionString;
        var services = new ServiceCollection();
        services.AddPooledDbContextFactory<BenchmarkDbContext>(options => options.UseNpgsql(ConnectionString));
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("client", "secret"))
            .AddEntityFrameworkStore<BenchmarkDbContext>();
        Services = services.BuildServiceProvider();
    }

    public string ConnectionString { get; }

    public ServiceProvider Services { get; }

    public ITokenStore Store => Services.GetRequiredService<ITokenStore>();

    public static async Task<BenchmarkApp> CreateAsync(string server)
    {
        var app = new BenchmarkApp(server);
        await ExecuteAsync(server, $"CREATE DATABASE {app._name}");
        var factory = app.Services.GetRequiredService<IDbContextFactory<BenchmarkDbContext>>();
        await using var context = await factory.CreateDbContextAsync();
        await context.Database.EnsureCreatedAsync();
        return app;
    }

    public static StoredConnection NewConnection(string accountId, DateTimeOffset renewAt) => new()
    {
        AccountId = accountId,
        ClientId = "client",
        Version = NewVersion(),
        RenewAt = renewAt,
        State = State,
        Tokens = Tokens,
    };

    public static string NewVersion() => Guid.NewGuid().ToString("N");

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await using (var connection = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        await ExecuteAsync(_server, $"DROP DATABASE {_name} WITH (FORCE)");
    }
}

/// <summary>A context with nothing but the connections.</summary>
internal sealed class BenchmarkDbContext(DbContextOptions<BenchmarkDbContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
}
