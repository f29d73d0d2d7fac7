using System.Collections.Concurrent;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>One instance of an application, as far as its token store goes.</summary>
public sealed class StoreHost : IAsyncDisposable
{
    private StoreHost(ServiceProvider services, LogRecords logs)
    {
        Services = services;
        Logs = logs;
        Store = services.GetRequiredService<ITokenStore>();
    }

    public ServiceProvider Services { get; }

    public ITokenStore Store { get; }

    public LogRecords Logs { get; }

    /// <summary>The store on a context that is registered by AddDbContext.</summary>
    public static StoreHost Create<TContext>(
        TestDatabase database, Action<DbContextOptionsBuilder>? configure = null, TimeProvider? time = null)
        where TContext : DbContext =>
        Create<TContext>(
            services => services.AddDbContext<TContext>(options =>
            {
                database.Use(options);
                configure?.Invoke(options);
            }),
            time);

    /// <summary>The store on a context that is registered in any way.</summary>
    public static StoreHost Create<TContext>(Action<IServiceCollection> addContext, TimeProvider? time = null)
        where TContext : DbContext
    {
        var logs = new LogRecords();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton(time ?? TimeProvider.System);
        addContext(services);
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("client", "secret"))
            .AddEntityFrameworkStore<TContext>();

        // As strict as a web application in development: a store that takes a scoped service from the root is found
        // out.
        return new StoreHost(services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true }), logs);
    }

    /// <summary>The same, with the tables of the context.</summary>
    public static async Task<StoreHost> CreateWithTablesAsync<TContext>(
        TestDatabase database, Action<DbContextOptionsBuilder>? configure = null)
        where TContext : DbContext
    {
        var host = Create<TContext>(database, configure);
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<TContext>().Database.EnsureCreatedAsync();
        return host;
    }

    /// <summary>What a host does at its start.</summary>
    public async Task StartAsync()
    {
        foreach (
            var service in Services.GetServices<IHostedService>().Where(
                service => service.GetType().Assembly == typeof(AirwallexConnectionEntity).Assembly))
        {
            await service.StartAsync(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}

/// <summary>What was logged.</summary>
public sealed class LogRecords : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string Text)> _records = new();

    public IReadOnlyList<(string Category, LogLevel Level, string Text)> All => [.. _records];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogRecords records, string category) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            records._records.Enqueue((category, logLevel, $"{formatter(state, exception)} {exception}"));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
