using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Makes the operation of one refresh.</summary>
internal delegate RefreshOperation OperationFactory(
    AirwallexApplication application,
    AirwallexOAuthOptions options,
    TokenCacheEntry entry,
    RefreshRequest request,
    ActivityContext startedBy);

/// <summary>What an application is made of. The simulation brings its own.</summary>
internal sealed class ApplicationParts
{
    private const string LogCategory = "Airwallex.OAuth";

    public string Name { get; init; } = "";

    /// <summary>The options as they are now.</summary>
    public required Func<AirwallexOAuthOptions> Options { get; init; }

    public required ITokenStore Store { get; init; }

    public required Func<TokenClient> TokenClient { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    public required Telemetry Telemetry { get; init; }

    public required ConnectionEventDispatcher Events { get; init; }

    /// <summary>Null only for a store that keeps connections in memory.</summary>
    public IDataProtectionProvider? Protection { get; init; }

    /// <summary>Whether a client id is that of an application of this process.</summary>
    public Func<string, bool> IsClientOfThisProcess { get; init; } = static _ => false;

    /// <summary>Called when the application is used while no host runs it.</summary>
    public Action UsedWithoutHost { get; init; } = static () => { };

    public BackgroundTasks Tasks { get; init; } = new();

    public Jitter Jitter { get; init; } = new();

    public Func<RefreshTimings, RefreshRules> CreateRules { get; init; } = static timings => new RefreshRules(timings);

    public OperationFactory CreateOperation { get; init; } =
        static (application, options, entry, request, startedBy) =>
            new(application, options, entry, request, startedBy);

    /// <summary>The parts that a program's services give.</summary>
    public static ApplicationParts From(IServiceProvider services, string name, Func<TokenClient> tokenClient)
    {
        var options = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        var time = new GuardedClock(services.GetRequiredService<TimeProvider>());
        var telemetry = new Telemetry(name, services.GetService<IMeterFactory>(), time);
        return new ApplicationParts
        {
            Name = name,
            Options = () => options.Get(name),
            Store = services.GetRequiredService<ITokenStore>(),
            TokenClient = tokenClient,
            Time = time,
            Log = telemetry.CreateLogger(services.GetRequiredService<ILoggerFactory>(), LogCategory),
            Telemetry = telemetry,
            Events = services.GetRequiredService<ConnectionEventDispatcher>(),
            Protection = services.GetService<IDataProtectionProvider>(),
            UsedWithoutHost = services.GetRequiredService<StartChecks>().UsedWithoutHost,
            IsClientOfThisProcess = services.GetRequiredService<AirwallexApplications>().HasClient,
        };
    }
}
