using System.Net;
using System.Net.Sockets;
using Airwallex.OAuth;
using ConnectPortal.Simulation;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace ConnectPortal;

/// <summary>Where the portal listens: where it is told to, else on a port of its own, else on any free one.</summary>
public static class PortalAddress
{
    private const int UsualPort = 5217;

    public static void ChooseUnlessConfigured(WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var settings = builder.Configuration;
        var isConfigured = settings["urls"] is not null
            || settings["http_ports"] is not null
            || settings["https_ports"] is not null
            || settings.GetSection("Kestrel:Endpoints").Exists();
        if (!isConfigured)
        {
            builder.WebHost.UseUrls($"http://127.0.0.1:{(IsFree(UsualPort) ? UsualPort : 0)}");
        }
    }

    /// <summary>Runs the portal until it is stopped, and says where it is.</summary>
    public static async Task<int> RunAsync(WebApplication app, SimulatedAirwallex? simulation)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            await app.StartAsync();
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(
                $"{exception.Message} Choose another one: --urls http://127.0.0.1:0 takes any free port.");
            return 1;
        }

        Console.WriteLine();
        var addresses = app.Urls.Select(url => url + app.Configuration["PathBase"]);
        Console.WriteLine($"  Connect portal   {string.Join("  ", addresses)}");
        Console.WriteLine(simulation is null
            ? $"  Airwallex        {Environment(app)}, as configured"
            : $"  Airwallex        simulated, at {simulation.Server.BaseAddress}");
        Console.WriteLine("  Ctrl+C stops it.");
        Console.WriteLine();
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static AirwallexEnvironment Environment(WebApplication app) =>
        app.Services.GetRequiredService<IOptions<AirwallexOAuthOptions>>().Value.Environment;

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
