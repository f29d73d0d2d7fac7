using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>Whether a new instance, which knows nothing but the database, can refresh each connection.</summary>
internal static class FinalRefresh
{
    /// <returns>Those that are lost, and why.</returns>
    public static async Task<List<string>> OfAllAsync(
        IHost host, IEnumerable<string> accountIds, TimeSpan gracePeriod)
    {
        using var app = host;
        await app.StartAsync();
        var connections = app.Services.GetRequiredService<AirwallexConnections>();
        var lost = await Task.WhenAll(accountIds.Select(one => RefreshAsync(connections, one, gracePeriod)));
        await app.StopAsync();
        return [.. lost.OfType<string>()];
    }

    private static async Task<string?> RefreshAsync(
        AirwallexConnections connections, string accountId, TimeSpan gracePeriod)
    {
        // Where all instances were held up for longer than a grace period, the last send comes after an observation.
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                await connections.RefreshAsync(accountId);
                return null;
            }
            catch (AirwallexOAuthException exception) when (exception.IsTransient && clock.Elapsed < gracePeriod)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            }
            catch (AirwallexOAuthException exception)
            {
                return $"{accountId}: {exception.Message}";
            }
        }
    }
}
