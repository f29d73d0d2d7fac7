using System.Runtime.CompilerServices;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// One run: several instances, one database, Airwallex, customers and a run of bad luck, all from one seed. After every
/// step the invariants of the refresh are checked; at the end every connection that can be alive is.
/// </summary>
internal sealed class World
{
    public static readonly TimeSpan TroublesEnd = TimeSpan.FromSeconds(400);

    private readonly List<string>? _trace;
    private int _started;

    public World(int seed, Breakage breakage, bool trace = false, Trouble? trouble = null)
    {
        (Seed, Breakage) = (seed, breakage);
        Scheduler = new Scheduler(seed);
        _trace = trace ? [] : null;

        // Half of the runs are gentle: short episodes of trouble, with calm in between, in which nothing at all may be
        // lost.
        IsGentle = seed % 2 == 0;
        Trouble = trouble
            ?? (Scheduler.Chance(0.005) ? Trouble.Flood : (Trouble)Scheduler.Random.Next((int)Trouble.Flood));
        Faults = Faults.Draw(Scheduler, Trouble);
        UsesKeys = Trouble == Trouble.Configuration && Scheduler.Chance(0.5);
        Options = NewOptions("simulated-client-id", "simulated-client-secret");
        OtherOptions = NewOptions("other-client-id", "other-client-secret");
        var simulated = new AirwallexSimulatorOptions
        {
            OpaqueAccessTokens = true,
            JournalCapacity = 1,
            GraceReplay = Scheduler.OneOf(GraceReplay.NewPair, GraceReplay.SamePair, GraceReplay.NewPairWithoutGrace),
            SecondConsent =
                Scheduler.OneOf(
                    SecondConsent.KeepsFirst, SecondConsent.RevokesFirst, SecondConsent.RevokesFirstAtFirstUse),
            AccessTokenLifetime = TimeSpan.FromSeconds(Scheduler.OneOf(20, 60, 300)),
            RefreshTokenLifetime = Scheduler.Chance(0.2) ? TimeSpan.FromMinutes(20) : TimeSpan.FromDays(90),
            RedirectUris = [Options.RedirectUri!],
        };
        SecondConsent = simulated.SecondConsent;
        Server = new AuthorizationServer(simulated, new VirtualClock(Scheduler), Scheduler.Random);
        OtherClient = Server.AddClient(OtherOptions.ClientId, OtherOptions.ClientSecret);
        ServerFinishesAbandoned = Scheduler.Chance(0.5);
        Database = new SharedDatabase(new ConnectionSerializer(UsesKeys ? new Keys(() => true) : null));
        Telemetry = new Telemetry("", null, TimeProvider.System);
        Ledger = new Ledger(this);
        Invariants = new Invariants(this);
        Accounts =
            [.. Enumerable.Range(1, Trouble == Trouble.Flood ? 200 : Scheduler.OneOf(1, 2))
                .Select(number => $"acct_{number}")];
        Misfortunes = new Misfortunes(this);
        Customers = new Customers(this);
        for (var number = 1 + Scheduler.Random.Next(3); number > 0; number--)
        {
            StartInstance();
        }
    }

    public int Seed { get; }

    public bool IsGentle { get; }

    public Trouble Trouble { get; }

    public Breakage Breakage { get; }

    public Scheduler Scheduler { get; }

    public Faults Faults { get; }

    public bool UsesKeys { get; }

    public AirwallexOAuthOptions Options { get; }

    /// <summary>Valid credentials of another client.</summary>
    public AirwallexOAuthOptions OtherOptions { get; }

    public SimulatedClient OtherClient { get; }

    public SecondConsent SecondConsent { get; }

    public AuthorizationServer Server { get; }

    public SharedDatabase Database { get; }

    public Telemetry Telemetry { get; }

    public Ledger Ledger { get; }

    public Invariants Invariants { get; }

    public Customers Customers { get; }

    public Misfortunes Misfortunes { get; }

    /// <summary>Connections that were lost; when the rules allow it, the run goes on.</summary>
    public int Losses { get; set; }

    public IReadOnlyList<string> Accounts { get; }

    public List<Instance> Instances { get; } = [];

    /// <summary>The living and the dead.</summary>
    public List<Instance> AllInstances { get; } = [];

    /// <summary>Whether the server works on what its client has abandoned, and says 429 meanwhile.</summary>
    public bool ServerFinishesAbandoned { get; }

    public bool EndpointIsDown { get; set; }

    public bool ResponsesAreLost { get; set; }

    public bool IsBrownout { get; set; }

    public bool FaultsAreOn => Misfortunes.AreOn;

    public string? Violation { get; private set; }

    public bool IsTraced => _trace is not null;

    public IEnumerable<string> LastSteps => _trace ?? [];

    public static string Short(string token) => token.Length > 6 ? token[..6] : token;

    /// <summary>Null when every invariant held; else which one did not, and how.</summary>
    public string? Run()
    {
        foreach (var account in Accounts)
        {
            Customers.Connect(account, Instances[0]);
        }

        Misfortunes.Plan();
        Customers.Plan();
        RunUntil(TroublesEnd);
        Misfortunes.End();

        // The longest cooldown is five minutes; nearly always all is well much sooner.
        for (var end = TroublesEnd; end < TroublesEnd + TimeSpan.FromMinutes(15) && Violation is null
            && !IsHealed(); end += TimeSpan.FromSeconds(20))
        {
            Customers.CallFromHostless();
            RunUntil(end);
        }

        if (Violation is null)
        {
            Invariants.CheckEnd();
        }

        return Scheduler.Escaped is { } stack
            ? throw new InvalidOperationException(
                $"Something left the simulation's thread:{Environment.NewLine}{stack}")
            : Violation;
    }

    /// <summary>The text is made only when somebody will read it.</summary>
    public void Trace([InterpolatedStringHandlerArgument("")] TraceText what) =>
        _trace?.Add(FormattableString.Invariant($"{Scheduler.Now.TotalSeconds,9:0.000} {what.ToString()}"));

    public void Fail(string what)
    {
        if (Violation is null)
        {
            Trace($"VIOLATION: {what}");
            Violation = $"{Trouble}: {what}";
        }
    }

    public Instance StartInstance()
    {
        // All clocks agree within 5 s. One of them always has a host that looks after connections.
        var hasHost = Instances.All(instance => !instance.HasHost) || Scheduler.Chance(0.8);
        var instance = new Instance(this, $"instance {++_started}", Scheduler.Between(0, 5), hasHost);
        Instances.Add(instance);
        AllInstances.Add(instance);
        Trace($"{instance} starts, skew {instance.Clock.Skew.TotalSeconds:0.0} s{(hasHost ? "" : ", no host")}");
        return instance;
    }

    public Instance? AnyInstance() => Instances.Count == 0 ? null : Instances[Scheduler.Random.Next(Instances.Count)];

    public string AnyAccount() => Accounts[Scheduler.Random.Next(Accounts.Count)];

    /// <summary>When the server rotates, and when its response leaves after that.</summary>
    public (TimeSpan Rotate, TimeSpan Respond) DrawResponseTime()
    {
        var isSlow = IsBrownout || (FaultsAreOn && Scheduler.Chance(Faults.VerySlow));
        var total = isSlow ? Scheduler.Between(9, IsGentle ? 45 : 50)
            : FaultsAreOn && Scheduler.Chance(Faults.Slow) ? Scheduler.Between(0.3, 6)
            : Scheduler.Between(0.02, 0.2);
        var share = Scheduler.OneOf(0, 1, Scheduler.Random.NextDouble());
        return (total * share, total * (1 - share));
    }

    private void RunUntil(TimeSpan end) => Scheduler.RunUntil(end, () =>
    {
        Invariants.CheckUnsaved();
        return Violation is null;
    });

    private bool IsHealed() => Instances.All(instance => instance.Exchanges.Count == 0 && instance.Tasks.Running == 0)
        && Database.Rows.All(row => !row.IsActive || row.Stored.ClientId != Options.ClientId
            || (row.State is { Attempt: null, RecoverAt: null } && Ledger.CanRefresh(row)));

    private static AirwallexOAuthOptions NewOptions(string clientId, string clientSecret) => new()
    {
        ClientId = clientId,
        ClientSecret = clientSecret,
        RedirectUri = new Uri("http://localhost/callback"),
        TokenEndpoint = new Uri("http://localhost/oauth/token"),
    };
}
