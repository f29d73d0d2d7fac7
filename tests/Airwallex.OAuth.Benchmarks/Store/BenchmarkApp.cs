using System.Net;
using System.Text;
using Airwallex.OAuth.EntityFrameworkCore;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <summary>An application with the store on a database of its own, and a token endpoint that answers at once.</summary>
internal sealed class BenchmarkApp : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name = $"airwallex_bench_{Guid.NewGuid():N}";

    private BenchmarkApp(string server)
    {
        _server = server;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = _name }.ConnectionString;
        var services = new ServiceCollection();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddPooledDbContextFactory<BenchmarkDbContext>(options => options.UseNpgsql(ConnectionString));
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("id", "secret")).AddEntityFrameworkStore<BenchmarkDbContext>();
        services.AddHttpClient(AirwallexOAuthServiceCollectionExtensions.TokenClientName).ConfigurePrimaryHttpMessageHandler(() => new InstantTokenEndpoint());
        Services = services.BuildServiceProvider();
    }

    public string ConnectionString { get; }

    public ServiceProvider Services { get; }

    public ITokenStore Store => Services.GetRequiredService<ITokenStore>();

    public static async Task<BenchmarkApp> CreateAsync(string server)
    {
        var app = new BenchmarkApp(server);
        await ExecuteAsync(server, $"CREATE DATABASE {app._name}");
        await using var context = await app.Services.GetRequiredService<IDbContextFactory<BenchmarkDbContext>>().CreateDbContextAsync();
        await context.Database.EnsureCreatedAsync();
        return app;
    }

    public static AirwallexConnection NewConnection(string accountId, DateTimeOffset now, DateTimeOffset renewAt) => new()
    {
        AccountId = accountId,
        ConnectedAt = now,
        RenewAt = renewAt,
        Tokens = new TokenSet
        {
            AccountId = accountId,
            AccessToken = InstantTokenEndpoint.NewToken(300),
            AccessTokenExpiresAt = now.AddMinutes(5),
            RefreshToken = $"{accountId}~{InstantTokenEndpoint.NewToken(64)}",
            RefreshTokenExpiresAt = now.AddDays(90),
            IssuedAt = now,
        },
    };

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

    private sealed class InstantTokenEndpoint : HttpMessageHandler
    {
        public static string NewToken(int length)
        {
            var random = new byte[length * 3 / 4];
            Random.Shared.NextBytes(random);
            return Convert.ToBase64String(random).Replace('+', '-').Replace('/', '_').TrimEnd('=');
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // It remembers nothing: a refresh token begins with its account.
            var form = await request.Content!.ReadAsStringAsync(cancellationToken);
            var accountId = Uri.UnescapeDataString(form.Split("refresh_token=")[^1]).Split('~')[0];
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(
                    $$"""{"access_token":"{{NewToken(300)}}","account_id":"{{accountId}}","expires_in":300,"refresh_token":"{{accountId}}~{{NewToken(64)}}","refresh_token_expires_in":7776000,"scope":"balance:read","token_type":"bearer"}""",
                    Encoding.UTF8, "application/json"),
            };
        }
    }
}

/// <summary>A context with nothing but the connections.</summary>
internal sealed class BenchmarkDbContext(DbContextOptions<BenchmarkDbContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
}
