using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Options;

/// <summary>Programs with a host and without one, as they register the library.</summary>
internal static class Programs
{
    public static IHost Host(
        Action<IServiceCollection> register, string environment = "Development", Lines? log = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Services.AddLogging(logging => logging.AddProvider(log ?? new Lines()));
        register(builder.Services);
        return builder.Build();
    }

    public static ServiceProvider Without(Action<IServiceCollection> register, Lines? log = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log ?? new Lines()));
        register(services);
        return services.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public static void Valid(AirwallexOAuthOptions options) =>
        (options.ClientId, options.ClientSecret) = ("id", "secret");

    public static IConfigurationRoot Configuration(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection([new("Airwallex:ClientId", "id"), new("Airwallex:ClientSecret", "secret")])
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create("Airwallex:" + value.Key, value.Value)))
            .Build();
}

/// <summary>The lines of a log, each with its level and the name of its event.</summary>
internal sealed class Lines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly SemaphoreSlim _written = new(0);

    /// <summary>What is thrown for each line.</summary>
    public Exception? Failure { get; init; }

    public IEnumerable<string> All => _lines;

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Airwallex", StringComparison.Ordinal) ? this : new Lines();

    /// <summary>Waits for a line: some are written on another thread.</summary>
    public async Task<string> NextAsync(string start)
    {
        string? line;
        while ((line = _lines.FirstOrDefault(one => one.StartsWith(start, StringComparison.Ordinal))) is null)
        {
            Assert.True(await _written.WaitAsync(TimeSpan.FromSeconds(30)), $"No line begins with '{start}'.");
        }

        return line;
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue($"{logLevel} {eventId.Name}: {formatter(state, exception)} {exception?.Message}");
        _written.Release();
        if (Failure is not null)
        {
            throw Failure;
        }
    }

    public void Dispose() => _written.Dispose();
}
