using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// One run: several instances, one database, Airwallex, customers and a run of bad luck, all from one seed. After every step the
/// invariants of the refresh are checked; at the end every connection that can be alive is.
/// </summary>
internal sealed partial class World
{
    private static readonly TimeSpan Troubles = TimeSpan.FromSeconds(400);

    private readonly List<Instance> _instances = [];
    private readonly List<(TimeSpan From, TimeSpan To)> _episodes = [];
    private readonly List<string>? _trace;
    private readonly string[] _accounts;
    private int _started;

    public World(int seed, Breakage breakage, bool trace = false)
    {
        Seed = seed;
        Breakage = breakage;
        Scheduler = new Scheduler(seed);
        _trace = trace ? [] : null;

        // Half of the runs are gentle: short episodes of trouble, with calm in between, in which nothing at all may be lost.
        var gentle = seed % 2 == 0;
        Faults = Faults.Draw(Scheduler, gentle);
        Options = DrawOptions();
        Simulated = new AirwallexSimulatorOptions
        {
            OpaqueAccessTokens = true,
            JournalCapacity = 1,
            GraceReplay = Scheduler.Chance(0.5) ? GraceReplay.NewPair : GraceReplay.SamePair,
            AccessTokenLifetime = TimeSpan.FromSeconds(new[] { 20, 60, 300 }[Scheduler.Random.Next(3)]),
            RefreshTokenLifetime = Scheduler.Chance(0.2) ? TimeSpan.FromMinutes(20) : TimeSpan.FromDays(90),
            RedirectUris = [Options.RedirectUri!],
        };
        Server = new AuthorizationServer(Simulated, new VirtualClock(Scheduler, TimeSpan.Zero), Scheduler.Random);
        _accounts = Scheduler.Chance(0.5) ? ["acct_1"] : ["acct_1", "acct_2"];
        for (var number = 1 + Scheduler.Random.Next(3); number > 0; number--)
        {
            StartInstance();
        }

        if (gentle)
        {
            for (var at = Scheduler.Between(5, 30); at < Troubles; at += Scheduler.Between(80, 110))
            {
                _episodes.Add((at, at + Scheduler.Between(1, 7)));
            }
        }
        else
        {
            _episodes.Add((TimeSpan.FromSeconds(2), Troubles));
        }
    }

    public int Seed { get; }

    public Breakage Breakage { get; }

    public Scheduler Scheduler { get; }

    public Faults Faults { get; }

    public AirwallexOAuthOptions Options { get; }

    public AirwallexSimulatorOptions Simulated { get; }

    public AuthorizationServer Server { get; }

    public SharedDatabase Database { get; } = new();

    public bool EndpointIsDown { get; private set; }

    public bool FaultsAreOn
    {
        get
        {
            foreach (var (from, to) in _episodes)
            {
                if (from <= Scheduler.Now && Scheduler.Now < to)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public string? Violation { get; private set; }

    public IEnumerable<string> LastSteps => _trace ?? [];

    public int Refreshes { get; private set; }

    /// <summary>Null when every invariant held; else which one did not, and how.</summary>
    public string? Run()
    {
        foreach (var account in _accounts)
        {
            Connect(account, _instances[0]);
        }

        PlanTroubles();
        RunUntil(Troubles);
        EndTroubles();

        // The longest pause is five minutes; nearly always all is well much sooner.
        for (var end = Troubles; end < Troubles + TimeSpan.FromMinutes(15) && Violation is null && !IsHealed(); end += TimeSpan.FromSeconds(20))
        {
            RunUntil(end);
        }

        CheckTheEnd();
        return Scheduler.Escaped is { } stack ? throw new InvalidOperationException($"Something left the simulation's thread:{Environment.NewLine}{stack}") : Violation;
    }

    public void Trace(string what)
    {
        _trace?.Add(FormattableString.Invariant($"{Scheduler.Now.TotalSeconds,9:0.000} {what}"));
    }

    private void RunUntil(TimeSpan end)
    {
        if (Violation is null)
        {
            Scheduler.RunUntil(end, CheckInvariants);
        }
    }

    private AirwallexOAuthOptions DrawOptions() => new()
    {
        ClientId = "simulated-client-id",
        ClientSecret = "simulated-client-secret",
        RedirectUri = new Uri("http://localhost/callback"),
        TokenEndpoint = new Uri("http://localhost/oauth/token"),
        GraceExceeded = Scheduler.Chance(0.5) ? GraceExceededBehavior.Attempt : GraceExceededBehavior.RequireReauthorization,
        RefreshLease = TimeSpan.FromSeconds(Breakage == Breakage.LeaseLongerThanGrace ? 90 : 20),
        TokenRequestTimeout = TimeSpan.FromSeconds(Breakage == Breakage.LeaseWithoutMargin ? 20 : 8),
        LeaseMargin = Breakage == Breakage.LeaseWithoutMargin ? TimeSpan.Zero : null,
        GraceMargin = Breakage == Breakage.GraceIgnored ? TimeSpan.Zero : null,
        KeepAlive = new KeepAliveOptions { ScanInterval = TimeSpan.FromSeconds(20) },
    };

    private Instance StartInstance()
    {
        // All clocks agree within 5 s.
        var instance = new Instance(this, $"instance {++_started}", Scheduler.Between(0, 5));
        _instances.Add(instance);
        Trace($"{instance} starts, skew {instance.Skew.TotalSeconds:0.0} s");
        return instance;
    }

    private Instance? AnyInstance() => _instances.Count == 0 ? null : _instances[Scheduler.Random.Next(_instances.Count)];

    private string AnyAccount() => _accounts[Scheduler.Random.Next(_accounts.Length)];

    private TimeSpan AnyMoment()
    {
        // Most of what matters happens while something is wrong.
        if (Faults.Gentle && Scheduler.Chance(0.3))
        {
            return Scheduler.Between(2, Troubles.TotalSeconds);
        }

        var (from, to) = _episodes[Scheduler.Random.Next(_episodes.Count)];
        return Scheduler.Between(from.TotalSeconds, to.TotalSeconds);
    }

    private void PlanTroubles()
    {
        for (var calls = 10 + Scheduler.Random.Next(40); calls > 0; calls--)
        {
            var burst = Scheduler.Chance(0.3) ? 3 : 1;
            var at = AnyMoment();
            for (; burst > 0; burst--)
            {
                Scheduler.At(at, () => Call(AnyInstance(), AnyAccount()));
            }
        }

        for (var events = Scheduler.Random.Next(12); events > 0; events--)
        {
            Scheduler.At(AnyMoment(), Misfortune);
        }
    }

    private void Misfortune()
    {
        // Gentle troubles end with their episode.
        var left = _episodes.Where(e => e.From <= Scheduler.Now && Scheduler.Now < e.To).Select(e => e.To - Scheduler.Now).FirstOrDefault();
        if (left == default)
        {
            return;
        }

        var longest = Faults.Gentle ? left : Scheduler.Between(1, 150);
        switch (Scheduler.Random.Next(100))
        {
            case < 35 when AnyInstance() is { } victim:
                Trace($"{victim} crashes");
                victim.Crash();
                OnCrashed(victim);
                _instances.Remove(victim);
                _crashed.Add(victim);
                Scheduler.After(longest * Scheduler.Random.NextDouble(), () => StartInstance());
                break;
            case < 50 when AnyInstance() is { } victim:
                // Shorter than what the margin of the lease leaves beside the difference of the clocks.
                var most = 5.8 - _instances.Max(one => Math.Abs((one.Skew - victim.Skew).TotalSeconds));
                victim.Stall(Scheduler.Between(0, Math.Max(0, most)));
                break;
            case < 57 when AnyInstance() is { } victim:
                Trace($"{victim} is cut off from the database");
                victim.IsCutOff = true;
                _databaseFailed = true;
                Scheduler.After(longest * Scheduler.Random.NextDouble(), () => victim.IsCutOff = false);
                break;
            case < 64:
                Trace("the database goes down");
                Database.IsDown = true;
                _databaseFailed = true;
                Scheduler.After(longest * Scheduler.Random.NextDouble(), () => Database.IsDown = false);
                break;
            case < 74:
                Trace("the endpoint goes down");
                EndpointIsDown = true;
                Scheduler.After(longest * Scheduler.Random.NextDouble(), () => EndpointIsDown = false);
                break;
            case < 84 when AnyInstance() is { } instance:
                Connect(AnyAccount(), instance);
                break;
            case < 89 when AnyInstance() is { } instance:
                Disconnect(AnyAccount(), instance);
                break;
            case < 97 when AnyInstance() is { } instance:
                // The customer thinks better of it, and authorizes again at once.
                var account = AnyAccount();
                Trace($"the customer of {account} revokes and connects again");
                Server.RevokeByUser(account);
                _revoked.UnionWith(FamiliesOf(account));
                Connect(account, instance);
                break;
            default:
                var other = AnyAccount();
                Trace($"the user of {other} loses the admin role");
                Server.RemoveAdminRole(other);
                _revoked.UnionWith(FamiliesOf(other));
                break;
        }
    }

    private void EndTroubles()
    {
        Trace("all troubles end");
        Database.IsDown = false;
        EndpointIsDown = false;
        _instances.ForEach(instance => instance.IsCutOff = false);
        if (_instances.Count == 0)
        {
            StartInstance();
        }
    }

    private void Call(Instance? instance, string account)
    {
        if (instance is not null)
        {
            instance.After(TimeSpan.Zero, () => _ = CallAsync(instance, account));
        }
    }

    private async Task CallAsync(Instance instance, string account)
    {
        using var cancellation = FaultsAreOn && Scheduler.Chance(Faults.CallerCancels)
            ? new CancellationTokenSource(Scheduler.Between(0.001, 3), instance.Clock)
            : new CancellationTokenSource();
        try
        {
            var connections = instance.Connections;
            var held = instance.Accounts.Find(account)?.Token.Value;
            string? token;
            switch (Scheduler.Random.Next(10))
            {
                case < 5:
                    token = await connections.GetAccessTokenAsync(account, cancellation.Token);
                    break;
                case < 8 when held is not null:
                    token = (await instance.Tokens.ReplaceRefusedAsync(account, held, cancellation.Token))?.Value;
                    break;
                default:
                    token = (await connections.RefreshAsync(account, cancellation.Token)).Tokens.AccessToken;
                    break;
            }

            OnTokenHandedOut(instance, account, token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Its own wish.
        }
        catch (AirwallexOAuthException exception)
        {
            if (exception.InnerException is OperationCanceledException)
            {
                Fail($"a caller of {account} got the cancellation of another one: {exception.Message}");
            }
        }
    }

    private void Connect(string account, Instance instance)
    {
        var code = Server.IssueCode(account, Options.RedirectUri!.OriginalString, "balance:read", codeChallenge: null);
        instance.After(TimeSpan.Zero, () => _ = ConnectAsync());

        async Task ConnectAsync()
        {
            try
            {
                await instance.Connections.ConnectAsync(code);
            }
            catch (AirwallexOAuthException)
            {
                // The exchange was refused or lost: the customer sees an error and starts again, or not.
            }
        }
    }

    private void Disconnect(string account, Instance instance)
    {
        _disconnected.Add(account);
        instance.After(TimeSpan.Zero, () => _ = DisconnectAsync());

        async Task DisconnectAsync()
        {
            try
            {
                await instance.Connections.DisconnectAsync(account);
            }
            catch (AirwallexOAuthException)
            {
                // The store is down.
            }
        }
    }
}
