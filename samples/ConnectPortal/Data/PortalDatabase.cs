using ConnectPortal.Simulation;
using Microsoft.EntityFrameworkCore;

namespace ConnectPortal.Data;

/// <summary>
/// The SQLite file. A simulated Airwallex forgets every account when the process ends, so its file is a new one in the
/// folder for temporary files, deleted at the end. Connections of a configured environment stay in connect-portal.db
/// beside the project, or where the setting <c>Database</c> says.
/// </summary>
public static class PortalDatabase
{
    public static string Choose(WebApplicationBuilder builder, SimulatedAirwallex? simulation)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return simulation?.DatabaseFile
            ?? builder.Configuration["Database"]
            ?? Path.Combine(builder.Environment.ContentRootPath, "connect-portal.db");
    }

    /// <summary>Makes the tables. An application that lives on has migrations instead.</summary>
    public static async Task CreateAsync(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IDbContextFactory<PortalContext>>();
        await using var database = await factory.CreateDbContextAsync();
        await database.Database.EnsureCreatedAsync();
    }
}
