using System.Net;
using System.Net.Sockets;
using ConnectPortal.Simulation;
using Microsoft.AspNetCore.Connections;

namespace ConnectPortal;

/// <summary>Where the portal listens: where it is told to, else on a port of its own, else on any free one.</summary>
public static class PortalAddress
{
    private const int UsualPort = 5217;

    public static void ChooseUnlessConfigured(WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var settings = builder.Configuration;
        if (
            settings["urls"] is null && settings["http_ports"] is null && settings["https_ports"] is null && !settings
                .GetSection("Kestrel:Endpoints").Exists())
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

        simulation?.Welcome(app.Urls);
        Console.WriteLine();
        Console.WriteLine($"  Connect portal   {string.Join("  ", app.Urls)}");
        Console.WriteLine(simulation is null
            ? "  Airwallex        the real demo environment, as configured"
            : $"  Airwallex        simulated, at {simulation.Server.BaseAddress}");
        Console.WriteLine("  Ctrl+C stops it.");
        Console.WriteLine();
        await app.WaitForShutdownAsync();
        return 0;
    }

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
