using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// What would keep connections from being saved is refused when the host starts, before a code is exchanged, with the
/// remedy.
/// </summary>
public sealed class ValidationTests
{
    [Fact]
    public async Task A_host_does_not_start_with_a_context_that_cannot_keep_connections()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddDbContext<ContextWithoutTable>(options => options.UseSqlite("Data Source=unused.db"));
        builder.Services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("client", "secret"))
            .AddEntityFrameworkStore<ContextWithoutTable>();
        using var host = builder.Build();

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(() => host.StartAsync());

        Assert.Contains("ContextWithoutTable", exception.Message, StringComparison.Ordinal);
        Assert.Contains("modelBuilder.UseAirwallexOAuth()", exception.Message, StringComparison.Ordinal);
        Assert.False(exception.IsTransient);
    }

    [Fact]
    public async Task Without_a_host_the_first_call_is_refused()
    {
        await using var host = StoreHost.Create<ContextWithoutTable>(services =>
            services.AddDbContext<ContextWithoutTable>(options => options.UseSqlite("Data Source=unused.db")));

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(
            () => host.Store.TrySaveAsync(StoreChecks.NewConnection(), null).AsTask());

        Assert.Contains("modelBuilder.UseAirwallexOAuth()", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_length_set_after_UseAirwallexOAuth_is_refused_with_the_property() =>
        await RequireRefusedAsync<ShortenedContext>(
        options =>
            options.UseNpgsql("Host=unused"), "its property Tokens differs", "at the end of OnModelCreating");

    [Fact]
    public async Task A_column_type_that_is_too_short_is_refused_with_the_property() =>
        await RequireRefusedAsync<NarrowContext>(
        options => options.UseSqlServer("Server=unused"), "its property Version differs");

    [Fact]
    public async Task Text_without_unicode_is_refused_with_the_property() => await RequireRefusedAsync<AnsiContext>(
        options => options.UseSqlServer("Server=unused"), "its property State differs");

    [Fact]
    public async Task A_value_converter_set_after_UseAirwallexOAuth_is_refused_with_the_property() =>
        await RequireRefusedAsync<LateConvertingContext>(
        UseFile, "its property RenewAt differs");

    [Fact]
    public async Task A_second_concurrency_token_is_refused_with_its_name() =>
        await RequireRefusedAsync<LateStampContext>(UseFile, "Stamp");

    [Fact]
    public async Task Another_key_is_refused() =>
        await RequireRefusedAsync<OtherKeyContext>(UseFile, "its property ClientId differs");

    [Fact]
    public async Task A_property_that_is_left_out_is_refused_with_its_name() =>
        await RequireRefusedAsync<LeftOutContext>(
        UseFile, "its property RecoverAt differs");

    [Fact]
    public async Task A_required_instant_of_recovery_is_refused_with_its_name() =>
        await RequireRefusedAsync<RequiredContext>(UseFile, "its property RecoverAt differs", "UseAirwallexOAuth()");

    [Fact]
    public async Task The_provider_in_memory_is_refused() => await RequireRefusedAsync<SampleDbContext>(
        options => options.UseInMemoryDatabase("unused"), "InMemory has no conditional write", "SQLite file");

    [Fact]
    public async Task A_sqlite_database_in_memory_is_refused() => await RequireRefusedAsync<SampleDbContext>(
        options => options.UseSqlite("Data Source=:memory:"), ":memory:", "of a server or a file");

    [Fact]
    public async Task One_connection_for_all_contexts_is_refused()
    {
        using var connection = new SqliteConnection("Data Source=shared;Mode=Memory;Cache=Shared");
        await RequireRefusedAsync<SampleDbContext>(
            options => options.UseSqlite(connection), "share one connection", "of a server or a file");
    }

    [Fact]
    public async Task A_shared_cache_in_memory_with_a_connection_of_its_own_for_each_context_works()
    {
        const string ConnectionString = "Data Source=kept;Mode=Memory;Cache=Shared";
        using var kept = new SqliteConnection(ConnectionString);
        kept.Open();
        await using var host = StoreHost.Create<SampleDbContext>(services =>
            services.AddDbContext<SampleDbContext>(options => options.UseSqlite(ConnectionString)));

        await host.RequireWorksAsync<SampleDbContext>();
    }

    [Fact]
    public async Task A_context_that_is_not_registered_is_refused()
    {
        await using var host = StoreHost.Create<SampleDbContext>(_ => { });

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(host.StartAsync);

        Assert.Contains("No service for type", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_whose_constructor_needs_the_request_is_refused_with_the_remedy() =>
        await RequireRequestRefusedAsync<TenantContext>(
        (services, file) => services.AddDbContext<TenantContext>(options => options.UseSqlite(file)));

    [Fact]
    public async Task A_context_whose_database_is_that_of_the_request_is_refused_with_the_remedy() =>
        await RequireRequestRefusedAsync<SampleDbContext>(
        (services, file) => services.AddDbContext<SampleDbContext>((provider, options) =>
            options.UseSqlite(provider.GetRequiredService<IHttpContextAccessor>().HttpContext is null ? null : file)));

    [Fact]
    public async Task A_context_whose_model_is_that_of_the_request_is_refused_with_the_remedy() =>
        await RequireRequestRefusedAsync<TenantModelContext>(
        (services, file) => services.AddDbContext<TenantModelContext>(options => options.UseSqlite(file)));

    [Fact]
    public async Task A_context_of_its_own_is_the_remedy()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var host = StoreHost.Create<SampleDbContext>(services =>
        {
            services.AddHttpContextAccessor();
            services.AddDbContext<TenantContext>(database.Use);
            services.AddDbContextFactory<SampleDbContext>(database.Use);
        });

        await host.RequireWorksAsync<SampleDbContext>();
    }

    [Fact]
    public async Task A_database_that_is_down_does_not_keep_the_host_from_starting()
    {
        await using var host = StoreHost.Create<SampleDbContext>(services =>
            services.AddDbContext<SampleDbContext>(options => options.UseNpgsql("Host=/nowhere;Username=nobody")));

        await host.StartAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => host.Store.FindAsync(StoreChecks.NewConnection().Key()).AsTask());
    }

    private static void UseFile(DbContextOptionsBuilder options) => options.UseSqlite("Data Source=unused.db");

    private static async Task RequireRefusedAsync<TContext>(Action<DbContextOptionsBuilder> use, params string[] words)
        where TContext : DbContext
    {
        await using var host = StoreHost.Create<TContext>(services => services.AddDbContext<TContext>(use));

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(host.StartAsync);

        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
        Assert.Contains(typeof(TContext).Name, exception.Message, StringComparison.Ordinal);
        Assert.False(exception.IsTransient);
    }

    /// <summary>
    /// At the start, and in a request, where the context would work and the keep-alive would look elsewhere.
    /// </summary>
    private static async Task RequireRequestRefusedAsync<TContext>(Action<IServiceCollection, string> addContext)
        where TContext : DbContext
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var host = StoreHost.Create<TContext>(services =>
        {
            services.AddHttpContextAccessor();
            addContext(services, database.ConnectionString);
        });
        var atStart = await Assert.ThrowsAsync<AirwallexOAuthException>(host.StartAsync);

        var accessor = host.Services.GetRequiredService<IHttpContextAccessor>();
        accessor.HttpContext = new DefaultHttpContext { Items = { ["tenant"] = "tenant" } };
        var connections = host.Services.GetRequiredService<AirwallexConnections>();
        var inRequest = await Assert.ThrowsAsync<AirwallexOAuthException>(() => connections.FindAsync("acct_1"));

        Assert.Contains("cannot be used outside a request", atStart.Message, StringComparison.Ordinal);
        Assert.Contains("a context of its own", atStart.Message, StringComparison.Ordinal);
        Assert.Contains(atStart.Message, inRequest.Message, StringComparison.Ordinal);
    }

    private sealed class ContextWithoutTable(DbContextOptions<ContextWithoutTable> options) : DbContext(options);

    /// <summary>What an application does to its model after UseAirwallexOAuth.</summary>
    private abstract class LateContext(DbContextOptions options, Action<ModelBuilder> late) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => late(modelBuilder.UseAirwallexOAuth());
    }

    private sealed class ShortenedContext(DbContextOptions<ShortenedContext> options) : LateContext(
        options, model => model.Entity<AirwallexConnectionEntity>().Property(row => row.Tokens).HasMaxLength(200));

    private sealed class NarrowContext(DbContextOptions<NarrowContext> options) : LateContext(
        options, model =>
            model.Entity<AirwallexConnectionEntity>().Property(row => row.Version).HasColumnType("varchar(20)"));

    private sealed class AnsiContext(DbContextOptions<AnsiContext> options) : LateContext(
        options, model => model.Entity<AirwallexConnectionEntity>().Property(row => row.State).IsUnicode(false));

    private sealed class LateConvertingContext(DbContextOptions<LateConvertingContext> options) : LateContext(
        options, model =>
            model.Entity<AirwallexConnectionEntity>().Property(row => row.RenewAt)
                .HasConversion<string>());

    private sealed class LateStampContext(DbContextOptions<LateStampContext> options) : LateContext(
        options, model => model.Entity<AirwallexConnectionEntity>().Property<Guid>("Stamp").IsConcurrencyToken());

    private sealed class OtherKeyContext(DbContextOptions<OtherKeyContext> options) : LateContext(
        options, model => model.Entity<AirwallexConnectionEntity>().HasKey("AccountId", "Status"));

    private sealed class LeftOutContext(DbContextOptions<LeftOutContext> options) : LateContext(
        options,
        model =>
        {
            var entity = model.Entity<AirwallexConnectionEntity>().Metadata;
            entity.RemoveIndex(entity.GetIndexes().Single(index => index.Properties[^1].Name == "RecoverAt"));
            model.Entity<AirwallexConnectionEntity>().Ignore(row => row.RecoverAt);
        });

    private sealed class RequiredContext(DbContextOptions<RequiredContext> options) : LateContext(
        options, model => model.Entity<AirwallexConnectionEntity>().Property(row => row.RecoverAt).IsRequired());

    private sealed class TenantContext : DbContext
    {
        public TenantContext(DbContextOptions<TenantContext> options, IHttpContextAccessor accessor)
            : base(options) => Tenant = (string)accessor.HttpContext!.Items["tenant"]!;

        public string Tenant { get; }

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
    }

    private sealed class TenantModelContext(
        DbContextOptions<TenantModelContext> options, IHttpContextAccessor accessor) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth()
            .HasDefaultSchema((string)accessor.HttpContext!.Items["tenant"]!);
    }
}
