using System.Globalization;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>How large a crash test is, from environment variables; see the README.</summary>
internal sealed record CrashSettings
{
    private static readonly Uri RedirectUri = new("http://localhost/callback");

    public int Workers { get; init; } = Number("WORKERS", 3);

    public int Accounts { get; init; } = Number("ACCOUNTS", 20);

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(Number("SECONDS", 20));

    /// <summary>The mean time between two kills.</summary>
    public TimeSpan KillEvery { get; init; } = TimeSpan.FromMilliseconds(Number("KILL_MILLISECONDS", 400));

    /// <summary>Airwallex's 60 s, shortened; every other time is shortened with it.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(Number("GRACE_SECONDS", 15));

    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromSeconds(Number("TOKEN_SECONDS", 3));

    /// <summary>How many of a hundred answers of the token endpoint are lost, before or after the rotation, or turned into an error.</summary>
    public int LostPercent { get; init; } = Number("LOST_PERCENT", 10);

    public int Seed { get; init; } = Number("SEED", Environment.TickCount & 0xFFFF);

    /// <summary>A time of the documented protocol, in proportion to the shortened grace period.</summary>
    public TimeSpan Shortened(double seconds) => TimeSpan.FromSeconds(seconds) * (GracePeriod / TimeSpan.FromSeconds(60));

    /// <summary>The options of an instance, by these times, for a simulator.</summary>
    public void Configure(AirwallexOAuthOptions options, Uri simulator)
    {
        options.ClientId = "simulated-client-id";
        options.ClientSecret = "simulated-client-secret";
        options.RedirectUri = RedirectUri;
        options.TokenEndpoint = new Uri(simulator, "oauth/token");
        options.ApiBaseAddress = simulator;
        options.GracePeriod = GracePeriod;
        options.RefreshLease = Shortened(20);
        options.TokenRequestTimeout = Shortened(8);
        options.RetryBaseDelay = Shortened(0.5);
        options.MaxRetryDelay = Shortened(5);
        options.KeepAlive.RecoveryInterval = Shortened(2);
        options.KeepAlive.ScanInterval = Shortened(5);
    }

    /// <summary>The simulator, by these times.</summary>
    public AirwallexSimulatorOptions SimulatorOptions => new()
    {
        GracePeriod = GracePeriod,
        AccessTokenLifetime = AccessTokenLifetime,
        RedirectUris = [RedirectUri],
        JournalCapacity = 10_000_000,
    };

    public IEnumerable<string> AccountIds => Enumerable.Range(1, Accounts).Select(number => $"acct_{number}");

    public override string ToString() =>
        $"{Workers} workers, {Accounts} accounts, {Duration}, a kill every {KillEvery}, grace period {GracePeriod}, access tokens of {AccessTokenLifetime}, {LostPercent} % of answers lost, seed {Seed}";

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"AIRWALLEX_CRASH_{name}"), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
