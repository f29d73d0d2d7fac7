using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Integration.Tests.Support;

/// <summary>
/// A program without a host that calls the API three times and ends. A test starts it as a process of its own.
/// </summary>
internal static class CronJob
{
    /// <summary>The first argument that makes this program be the cron job.</summary>
    public const string Argument = "cron-job";

    /// <param name="directory">Where its database and its keys are.</param>
    /// <param name="airwallex">The address of the simulated Airwallex.</param>
    /// <param name="accountId">The account to call for.</param>
    /// <param name="disposes">Whether it disposes of its services, as a program should.</param>
    public static async Task RunAsync(string directory, string airwallex, string accountId, bool disposes)
    {
        var services = Services(directory, new Uri(airwallex));
        var http = services.GetRequiredService<AirwallexClientFactory>().CreateClient(accountId);
        Console.WriteLine(await http.GetStringAsync("api/v1/account"));
        Console.WriteLine(await http.GetStringAsync("api/v1/account"));

        // In the second half of the token's life, a program with a host would refresh in the background.
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        Console.WriteLine(await http.GetStringAsync("api/v1/account"));
        if (disposes)
        {
            await services.DisposeAsync();
        }
    }

    public static ServiceProvider Services(string directory, Uri airwallex)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("cron-job").PersistKeysToFileSystem(new(directory));
        services.AddDbContext<Database>(options =>
            options.UseSqlite($"Data Source={Path.Combine(directory, "database")}"));
        var library = services.AddAirwallexOAuth(options =>
        {
            options.ClientId = "simulated-client-id";
            options.ClientSecret = "simulated-client-secret";
            options.RedirectUri = new Uri("http://localhost/callback");
            options.TokenEndpoint = new Uri(airwallex, "oauth/token");
            options.ApiBaseAddress = airwallex;
        }).AddEntityFrameworkStore<Database>();
        library.TokenHttpClient.AddHttpMessageHandler(() => new SlowResponse());
        return services.BuildServiceProvider();
    }

    // Airwallex has rotated the tokens when the response is on its way.
    private sealed class SlowResponse : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            return response;
        }
    }

    public sealed class Database(DbContextOptions<Database> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
    }
}
