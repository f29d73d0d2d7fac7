using System.Security.Cryptography;
using Airwallex.OAuth;
using Airwallex.OAuth.AspNetCore;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;

namespace ConnectPortal.Simulation;

/// <summary>The simulated Airwallex that the portal connects to when no client id is configured.</summary>
public sealed class SimulatedAirwallex : IAsyncDisposable
{
    private static readonly AirwallexSimulatorOptions s_options = new() { ApplicationName = "Connect Portal" };

    private SimulatedAirwallex(AirwallexSimulator server, PortalClock clock) => (Server, Clock) = (server, clock);

    public AirwallexSimulator Server { get; }

    public PortalClock Clock { get; }

    /// <summary>Whether the token endpoint responds with 503 at the moment.</summary>
    public bool IsDown { get; private set; }

    public string WebhookSecret { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    public string DatabaseFile { get; } = Path.Combine(Path.GetTempPath(), $"connect-portal-{Guid.NewGuid():N}.db");

    public static async Task<SimulatedAirwallex?> StartUnlessConfiguredAsync(WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!string.IsNullOrEmpty(builder.Configuration["Airwallex:ClientId"]))
        {
            return null;
        }

        var clock = new PortalClock();
        return new SimulatedAirwallex(await AirwallexSimulator.StartAsync(s_options, clock), clock);
    }

    /// <summary>Points the library at the simulator, and lets both go by the same clock.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddSingleton<TimeProvider>(Clock);
        // The connections end with this process, and so may the keys that protect them.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.Configure<ConnectFlowOptions>(flow => flow.Webhooks.Secrets = [WebhookSecret]);
        services.Configure<AirwallexOAuthOptions>(options =>
        {
            options.ClientId = s_options.ClientId;
            options.ClientSecret = s_options.ClientSecret;
            options.AuthorizeEndpoint = Server.AuthorizeEndpoint;
            options.TokenEndpoint = Server.TokenEndpoint;
            options.ApiBaseAddress = Server.ApiBaseAddress;
        });
    }

    /// <summary>Whitelists the portal's callback, by whichever name a browser on this machine calls it.</summary>
    public void Welcome(IEnumerable<string> urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        foreach (var url in urls)
        {
            var callback = new UriBuilder(url) { Path = "/airwallex/callback" };
            foreach (var host in new[] { callback.Host, "127.0.0.1", "localhost" })
            {
                callback.Host = host;
                Server.DefaultClient.AllowRedirectUri(callback.Uri);
            }
        }
    }

    public void GoDown()
    {
        Server.Faults.Always(FaultTarget.Token, Fault.Status(503));
        IsDown = true;
    }

    public void ComeBack()
    {
        Server.Faults.Clear(FaultTarget.Token);
        IsDown = false;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in new[] { DatabaseFile, DatabaseFile + "-shm", DatabaseFile + "-wal" })
        {
            File.Delete(file);
        }
    }
}
