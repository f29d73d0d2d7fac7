using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>The composition root: how the objects of one application fit together.</summary>
internal sealed class AirwallexApplication(IServiceProvider services, string name, Func<TokenClient> tokenClient)
    : IAsyncDisposable, IDisposable
{
    private readonly IOptionsMonitor<AirwallexOAuthOptions> _options =
        services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();

    private AirwallexConnections? _connections;

    public string Name { get; } = name;

    public Func<TokenClient> TokenClient { get; } = tokenClient;

    public AirwallexOAuthOptions Options => _options.Get(Name);

    public AccessTokenProvider Tokens { get; } = new();

    public AirwallexConnections Connections => _connections ??= new AirwallexConnections(this);

    public Telemetry Telemetry { get; } = new(name, null, services.GetRequiredService<TimeProvider>());

    public ILogger Log { get; } = services.GetRequiredService<ILogger<AirwallexConnections>>();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Dispose()
    {
    }
}
