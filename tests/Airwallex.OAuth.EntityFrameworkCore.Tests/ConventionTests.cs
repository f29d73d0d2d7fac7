using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>Conventions of an application's model that change nothing for the store.</summary>
public sealed class ConventionTests
{
    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Types_and_lengths_of_texts_set_by_convention_do_not_apply(Engine engine) =>
        await RequireWorksAsync<ShortTextContext>(engine);

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Lengths_set_when_the_model_is_finalized_do_not_apply(Engine engine) =>
        await RequireWorksAsync<FinalizingContext>(engine);

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Value_converters_set_by_convention_do_not_apply(Engine engine) =>
        await RequireWorksAsync<ConvertingContext>(engine);

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_query_filter_on_all_entities_hides_no_connection(Engine engine) =>
        await RequireWorksAsync<FilteringContext>(engine);

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Columns_that_the_application_adds_to_all_entities_are_its_own(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create<AuditedContext>(
            database, options => options.AddInterceptors(new AuditInterceptor()));

        await host.RequireWorksAsync<AuditedContext>();

        Assert.Equal(
            ["created"],
            await database.QueryAsync(
                $"SELECT {database.Quote("CreatedBy")} FROM {database.Quote("AirwallexConnections")}"));
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_concurrency_token_on_all_entities_does_not_lose_every_write(Engine engine) =>
        await RequireWorksAsync<StampedContext>(engine);

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Lazy_loading_proxies_are_no_matter(Engine engine) =>
        await RequireWorksAsync<ProxyContext>(engine, options => options.UseLazyLoadingProxies());

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Change_tracking_proxies_are_no_matter(Engine engine) =>
        await RequireWorksAsync<ProxyContext>(
            engine, options => options.UseLazyLoadingProxies().UseChangeTrackingProxies());

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Names_are_those_of_the_application(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create<NamingContext>(database);

        await host.RequireWorksAsync<NamingContext>();

        Assert.Equal(["acct_other"], await database.QueryAsync("SELECT account_id FROM airwallex_connections"));
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Warnings_that_throw_and_queries_without_tracking_are_no_matter(Engine engine) =>
        await RequireWorksAsync<SampleDbContext>(
        engine,
        options => options
            .ConfigureWarnings(warnings => warnings.Default(WarningBehavior.Throw))
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking));

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_context_that_turns_the_machinery_off_is_no_matter(Engine engine) =>
        await RequireWorksAsync<ManualContext>(engine);

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task The_context_comes_from_a_scope_a_pool_or_any_kind_of_factory(Engine engine)
    {
        Action<IServiceCollection, Action<DbContextOptionsBuilder>>[] registrations =
        [
            (services, use) => services.AddDbContext<SampleDbContext>(use),
            (services, use) => services.AddDbContext<SampleDbContext>(use, ServiceLifetime.Transient),
            (services, use) => services.AddDbContextPool<SampleDbContext>(use),
            (services, use) => services.AddDbContextFactory<SampleDbContext>(use),
            (services, use) => services.AddDbContextFactory<SampleDbContext>(use, ServiceLifetime.Scoped),
            (services, use) => services.AddPooledDbContextFactory<SampleDbContext>(use),
        ];
        foreach (var register in registrations)
        {
            await using var database = await TestDatabase.CreateAsync(engine);
            await using var host = StoreHost.Create<SampleDbContext>(services => register(services, database.Use));

            await host.RequireWorksAsync<SampleDbContext>();
        }
    }

    private static async Task RequireWorksAsync<TContext>(
        Engine engine, Action<DbContextOptionsBuilder>? configure = null)
        where TContext : DbContext
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create<TContext>(database, configure);

        await host.RequireWorksAsync<TContext>();
    }

    /// <summary>An application's context with customers and connections.</summary>
    public abstract class ApplicationContext(DbContextOptions options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) =>
            modelBuilder.UseAirwallexOAuth().Entity<Customer>();
    }

    private sealed class ShortTextContext(DbContextOptions<ShortTextContext> options) : ApplicationContext(options)
    {
        protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
            configurationBuilder.Properties<string>()
            .HaveColumnType("varchar(50)").HaveMaxLength(50).AreUnicode(false).AreFixedLength();
    }

    private sealed class FinalizingContext(DbContextOptions<FinalizingContext> options) : ApplicationContext(options)
    {
        protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
            configurationBuilder.Conventions.Add(_ => new ShortTextConvention());

        private sealed class ShortTextConvention : IModelFinalizingConvention
        {
            public void ProcessModelFinalizing(
                IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
            {
                foreach (
                    var property in modelBuilder.Metadata.GetEntityTypes().SelectMany(
                        entity => entity.GetDeclaredProperties()))
                {
                    _ = property.ClrType == typeof(string) ? property.Builder.HasMaxLength(50)?.IsUnicode(false) : null;
                }
            }
        }
    }

    private sealed class ConvertingContext(DbContextOptions<ConvertingContext> options) : ApplicationContext(options)
    {
        protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
        {
            configurationBuilder.Properties<string>().HaveConversion<UpperCase, ByLength>();
            configurationBuilder.Properties<long>().HaveConversion<string>();
            configurationBuilder.Properties<DateTimeOffset>().HaveConversion<string>();
            configurationBuilder.Properties<Enum>().HaveConversion<int>();
        }

        private sealed class UpperCase() : ValueConverter<string, string>(
            text => text.ToUpperInvariant(), text => text);

        private sealed class ByLength() : ValueComparer<string>(
            (one, other) => one!.Length == other!.Length, text => text.Length);
    }

    private sealed class FilteringContext(DbContextOptions<FilteringContext> options) : ApplicationContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            modelBuilder.Entity<Customer>().HasQueryFilter(_ => false);
            modelBuilder.Entity<AirwallexConnectionEntity>().HasQueryFilter(_ => false);
        }
    }

    private sealed class AuditedContext(DbContextOptions<AuditedContext> options) : ApplicationContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            foreach (var entity in modelBuilder.Model.GetEntityTypes())
            {
                modelBuilder.Entity(entity.ClrType).Property<string>("CreatedBy").HasMaxLength(20).IsRequired();
            }
        }
    }

    private sealed class AuditInterceptor : SaveChangesInterceptor
    {
        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
            DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            foreach (
                var entry in eventData.Context!.ChangeTracker.Entries().Where(
                    entry => entry.State == EntityState.Added))
            {
                entry.Property("CreatedBy").CurrentValue = "created";
            }

            return ValueTask.FromResult(result);
        }
    }

    private sealed class StampedContext(DbContextOptions<StampedContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<AirwallexConnectionEntity>().HasKey(row => row.AccountId);
            modelBuilder.Entity<Customer>();
            foreach (var entity in modelBuilder.Model.GetEntityTypes())
            {
                modelBuilder.Entity(entity.ClrType).Property<Guid>("Stamp").IsConcurrencyToken();
                foreach (var property in entity.GetProperties().Where(property => property.ClrType == typeof(string)))
                {
                    property.SetMaxLength(100);
                    property.SetValueConverter(new ValueConverter<string, string>(text => text.Trim(), text => text));
                }
            }

            modelBuilder.UseAirwallexOAuth();
        }
    }

    private sealed class ProxyContext(DbContextOptions<ProxyContext> options) : ApplicationContext(options);

    private sealed class NamingContext(DbContextOptions<NamingContext> options) : ApplicationContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            modelBuilder.Entity<AirwallexConnectionEntity>().ToTable("airwallex_connections");
            foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
            {
                property.SetColumnName(string.Concat(property.Name.Select(
                    (letter, place) =>
                        char.IsUpper(letter) && place > 0
                            ? $"_{char.ToLowerInvariant(letter)}"
                            : $"{char.ToLowerInvariant(letter)}")));
            }
        }
    }

    private sealed class ManualContext : ApplicationContext
    {
        public ManualContext(DbContextOptions<ManualContext> options) : base(options)
        {
            ChangeTracker.AutoDetectChangesEnabled = false;
            ChangeTracker.LazyLoadingEnabled = false;
            ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTrackingWithIdentityResolution;
            Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
            Database.AutoSavepointsEnabled = false;
        }
    }
}
