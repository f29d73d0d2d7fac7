using System.Collections.Concurrent;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>One instance of an application, as far as its token store goes.</summary>
internal sealed class StoreHost : IAsyncDisposable
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

    public static StoreHost Create(
        TestDatabase database, KeyFolder keys, ContextFrom context = ContextFrom.Scope, Action<DbContextOptionsBuilder>? configure = null,
        LogLevel logLevel = LogLevel.Information) =>
        Create(keys, builder => database.AddStore(builder, context, configure), logLevel);

    public static StoreHost Create(KeyFolder keys, Action<AirwallexOAuthBuilder> addStore, LogLevel logLevel = LogLevel.Information)
    {
        var logs = new LogRecords();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(logs).SetMinimumLevel(logLevel));
        services.AddDataProtection().PersistKeysToFileSystem(keys.Folder).SetApplicationName("tests");
        addStore(new AirwallexOAuthBuilder(services));

        // As strict as a web application in development: a store that takes a scoped service from the root is found out.
        return new StoreHost(services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }), logs);
    }

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}

/// <summary>A key ring in a folder, deleted when disposed.</summary>
internal sealed class KeyFolder : IDisposable
{
    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("airwallex-keys-");

    public void Dispose() => Folder.Delete(recursive: true);
}

/// <summary>What was logged, message and exception.</summary>
internal sealed class LogRecords : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, EventId Id, string Text)> _records = new();

    /// <summary>What the store itself logged.</summary>
    public IEnumerable<string> OfStore => _records.Where(record => record.Id.Name == "LogUnreadable").Select(record => record.Text);

    public IEnumerable<string> All => _records.Select(record => record.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _records.Enqueue((logLevel, eventId, $"{formatter(state, exception)} {exception}"));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
