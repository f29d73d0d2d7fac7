using System.Globalization;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>How large a crash test is, from environment variables, which workers inherit; see the README.</summary>
internal static class CrashSettings
{
    private static readonly Uri RedirectUri = new("http://localhost/callback");

    public static int Seconds { get; } = Number("SECONDS", 14);

    public static int Workers { get; } = Number("WORKERS", 4);

    public static int Accounts { get; } = Number("ACCOUNTS", 40);

    /// <summary>The mean time between two kills.</summary>
    public static int KillMilliseconds { get; } = Number("KILL_MILLISECONDS", 500);

    /// <summary>Airwallex's 60 s, or a short run's length: all times of the library are shares of it.</summary>
    public static TimeSpan GracePeriod { get; } = TimeSpan.FromSeconds(Math.Min(60, Seconds));

    public static IEnumerable<string> AccountIds => Enumerable.Range(1, Accounts).Select(number => $"acct_{number}");

    public static AirwallexSimulatorOptions Simulator => new()
    {
        GracePeriod = GracePeriod,
        AccessTokenLifetime = GracePeriod / 4,
        RedirectUris = [RedirectUri],
        JournalCapacity = 10_000_000,
    };

    public static void Configure(AirwallexOAuthOptions options, Uri simulator)
    {
        options.ClientId = "simulated-client-id";
        options.ClientSecret = "simulated-client-secret";
        options.RedirectUri = RedirectUri;
        options.TokenEndpoint = new Uri(simulator, "oauth/token");
        options.ApiBaseAddress = simulator;
        options.GracePeriod = GracePeriod;
        options.RefreshAhead = GracePeriod / 16;
    }

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable($"AIRWALLEX_CRASH_{name}") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
