using Airwallex.OAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>One instance of the application: the whole library on virtual time. A crash takes its memory and its timers with it.</summary>
internal sealed class Instance
{
    private static readonly RefreshMetrics Metrics = new(null, TimeProvider.System);

    private readonly World _world;
    private readonly string _name;
    private TimeSpan _stalledUntil;

    public Instance(World world, string name, TimeSpan skew)
    {
        _world = world;
        _name = name;
        Skew = skew;
        Clock = new VirtualClock(world.Scheduler, skew, After);
        var runtime = new VirtualRuntime(world.Scheduler, Clock, After);
        var options = new FixedOptions(world.Options);
        var client = new TokenClient(new HttpClient(new InstanceNetwork(world, this)) { Timeout = Timeout.InfiniteTimeSpan }, world.Options, Clock);
        var records = new ConnectionRecords(new InstanceStore(world, this), runtime);
        var observers = new ConnectionObservers([], runtime, NullLogger<ConnectionObservers>.Instance);
        Accounts = new Accounts(runtime);
        Refresher = new BrokenRefresher(world.Breakage, Accounts, records, () => client, options, runtime, observers, Metrics);
        Tokens = new AccessTokens(Accounts, Refresher, runtime);
        Connections = new AirwallexConnections(
            Accounts, records, Refresher, Tokens, () => client, options, runtime, observers, NullLogger<AirwallexConnections>.Instance);
        var maintenance = new ConnectionMaintenance(
            Accounts, records, Refresher, observers, runtime, Metrics, options, NullLogger<ConnectionMaintenance>.Instance);
        Repeat(maintenance.RecoverAsync, world.Options.KeepAlive.RecoveryInterval, row => row.PendingRefresh is not null);
        Repeat(maintenance.RenewAsync, world.Options.KeepAlive.ScanInterval, row => row.RenewAt < Clock.GetUtcNow());
        Repeat(
            _ =>
            {
                Accounts.LetIdleOnesGo();
                return Task.CompletedTask;
            },
            TimeSpan.FromMinutes(1),
            _ => true);
    }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether this instance alone cannot reach the database.</summary>
    public bool IsCutOff { get; set; }

    public TimeSpan Skew { get; }

    public VirtualClock Clock { get; }

    public Accounts Accounts { get; }

    public ConnectionRefresher Refresher { get; }

    public AccessTokens Tokens { get; }

    public AirwallexConnections Connections { get; }

    public List<InstanceNetwork.Exchange> Exchanges { get; } = [];

    /// <summary>Something that the instance will do or notice, unless it is dead by then; later, if it is stalled.</summary>
    public void After(TimeSpan delay, Action action) => _world.Scheduler.After(delay, () => Run(action));

    public Task PauseAsync(TimeSpan length)
    {
        var over = new TaskCompletionSource();
        After(length, over.SetResult);
        return over.Task;
    }

    public void Stall(TimeSpan length) => _stalledUntil = _world.Scheduler.Now + length;

    public void Crash()
    {
        IsAlive = false;
        foreach (var exchange in Exchanges.ToArray())
        {
            exchange.Vanish();
        }
    }

    public override string ToString() => _name;

    private void Run(Action action)
    {
        if (!IsAlive)
        {
            return;
        }

        if (_world.Scheduler.Now < _stalledUntil)
        {
            _world.Scheduler.At(_stalledUntil, () => Run(action));
            return;
        }

        action();
    }

    // Looking in vain, as the loops almost always do, is skipped: most of a run's time would go into finding nothing.
    private void Repeat(Func<CancellationToken, Task> work, TimeSpan interval, Func<AirwallexConnection, bool> mayFind)
    {
        After(_world.Scheduler.Between(0, interval.TotalSeconds), Look);

        void Look()
        {
            if (_world.Database.Any(mayFind))
            {
                _ = WorkAsync();
            }
            else
            {
                After(interval, Look);
            }
        }

        async Task WorkAsync()
        {
            try
            {
                await work(CancellationToken.None);
            }
            catch (IOException)
            {
                // The hosted service logs it and looks again.
            }

            After(interval, Look);
        }
    }

    private sealed class FixedOptions(AirwallexOAuthOptions options) : IOptionsMonitor<AirwallexOAuthOptions>
    {
        public AirwallexOAuthOptions CurrentValue => options;

        public AirwallexOAuthOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<AirwallexOAuthOptions, string?> listener) => null;
    }
}
