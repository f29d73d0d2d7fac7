using System.Collections.Concurrent;
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

    // By account, and since when.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _disconnected = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _withoutAdminRole = new();

    private SimulatedAirwallex(AirwallexSimulator server, PortalClock clock) => (Server, Clock) = (server, clock);

    public AirwallexSimulator Server { get; }

    public PortalClock Clock { get; }

    /// <summary>Since when the token endpoint responds with 503; null while it works.</summary>
    public DateTimeOffset? DownSince { get; private set; }

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
        var server = await AirwallexSimulator.StartAsync(s_options, clock);
        // Below any path base, behind any proxy on this machine.
        server.DefaultClient.AllowLoopbackRedirectUris();
        return new SimulatedAirwallex(server, clock);
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

    public void GoDown()
    {
        Server.Faults.Always(FaultTarget.Token, Fault.Status(503));
        DownSince = Clock.GetUtcNow();
    }

    public void ComeBack()
    {
        Server.Faults.Clear(FaultTarget.Token);
        DownSince = null;
    }

    public void Disconnect(string accountId)
    {
        Server.RevokeByUser(accountId);
        _disconnected[accountId] = Clock.GetUtcNow();
    }

    /// <summary>Whether the customer has ended this connection at Airwallex.</summary>
    public bool IsDisconnected(AirwallexConnection connection) => IsSince(_disconnected, connection);

    public void RemoveAdminRole(string accountId)
    {
        Server.RemoveAdminRole(accountId);
        _withoutAdminRole[accountId] = Clock.GetUtcNow();
    }

    public void RestoreAdminRole(string accountId)
    {
        Server.RestoreAdminRole(accountId);
        _withoutAdminRole.TryRemove(accountId, out _);
    }

    /// <summary>Whether the user who consented to this connection has lost the admin role.</summary>
    public bool IsWithoutAdminRole(AirwallexConnection connection) => IsSince(_withoutAdminRole, connection);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in new[] { DatabaseFile, DatabaseFile + "-shm", DatabaseFile + "-wal" })
        {
            File.Delete(file);
        }
    }

    // What happened before the customer connected again is over.
    private static bool IsSince(
        ConcurrentDictionary<string, DateTimeOffset> changes, AirwallexConnection connection) =>
        changes.TryGetValue(connection.AccountId, out var at) && at > connection.ConnectedAt;
}
