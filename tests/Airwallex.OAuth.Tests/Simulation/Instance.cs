using Microsoft.Extensions.Logging.Abstractions;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// One instance of the application: the whole library on virtual time. A crash takes its memory and its timers with it.
/// </summary>
internal sealed class Instance
{
    private readonly World _world;
    private readonly string _name;
    private readonly Dictionary<(string ClientId, string Account), RefreshOperation> _operations = [];
    private readonly HashSet<RefreshOperation> _startedByKeepAlive = [];
    private readonly Dictionary<string, TimeSpan> _storeFailedAt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _storeRespondedAt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _storeWroteAt = new(StringComparer.Ordinal);

    public Instance(World world, string name, TimeSpan skew, bool hasHost)
    {
        _world = world;
        _name = name;
        HasHost = hasHost;
        Options = world.Options;
        CanSave = new Spans(world.Scheduler);
        CanLookAfter = new Spans(world.Scheduler);
        Clock = new VirtualClock(world.Scheduler, After) { Skew = skew };
        Tasks = new InstanceTasks(this);
        var client =
            new TokenClient(new HttpClient(new InstanceNetwork(world, this)) { Timeout = Timeout.InfiniteTimeSpan },
                world.Options, Clock);
        var parts = new ApplicationParts
        {
            Options = () => Options,
            Store = world.Breakage == Breakage.None
                ? new InstanceStore(world, this)
                : new BrokenStore(world, this, new InstanceStore(world, this)),
            TokenClient = () => client,
            Time = Clock,
            Log = NullLogger.Instance,
            Telemetry = world.Telemetry,
            Events = new ConnectionEventDispatcher([], null!, Clock, NullLogger<ConnectionEventDispatcher>.Instance),
            Protection = world.UsesKeys ? new Keys(() => HasKeys) : null,
            Tasks = Tasks,
            Jitter = new InstanceJitter(world.Scheduler),
            CreateRules = timings => BrokenRules.Create(world, this, timings),
            CreateOperation = (application, options, entry, request, startedBy) =>
            {
                var operation =
                    BrokenOperation.Create(world, this, application, options, entry, request, startedBy);
                _operations[(entry.Key.ClientId, entry.Key.AccountId)] = operation;
                if (request.DoesNotWait)
                {
                    _startedByKeepAlive.Add(operation);
                }

                return operation;
            },
        };
        Application = new AirwallexApplication(parts) { HostIsRunning = hasHost };
        if (hasHost)
        {
            Repeat(() => Application.KeepAlive.StartRecoveriesAsync(CancellationToken.None),
                RefreshTimings.RecoveryLookSeconds, recovery: true);
            Repeat(() => Application.KeepAlive.RenewAsync(CancellationToken.None), 5, recovery: false);
            EvictEveryMinute();
        }

        NoteAbility();
    }

    public bool IsAlive { get; private set; } = true;

    public bool HasHost { get; }

    /// <summary>Whether this instance alone cannot reach the database.</summary>
    public bool IsCutOff { get; set; }

    public bool HasKeys { get; set; } = true;

    public TimeSpan StalledUntil { get; private set; }

    /// <summary>When a stall was over, or its clock stepped.</summary>
    public TimeSpan DisturbedAt { get; private set; } = TimeSpan.MinValue;

    public AirwallexOAuthOptions Options { get; set; }

    public VirtualClock Clock { get; }

    public InstanceTasks Tasks { get; }

    public AirwallexApplication Application { get; }

    public List<Exchange> Exchanges { get; } = [];

    /// <summary>When it could save what it received: alive, with its keys, and no call of the store failed.</summary>
    public Spans CanSave { get; }

    /// <summary>When it could look after connections, besides: with a host, and as the right client.</summary>
    public Spans CanLookAfter { get; }

    /// <summary>The refresh that was started last.</summary>
    public RefreshOperation? OperationOf(string clientId, string accountId) =>
        _operations.GetValueOrDefault((clientId, accountId));

    public bool WasStartedByKeepAlive(RefreshOperation operation) => _startedByKeepAlive.Contains(operation);

    /// <summary>
    /// Something that the instance will do or notice, unless it is dead by then; later, if it is stalled.
    /// </summary>
    public void After(TimeSpan delay, Action action) => _world.Scheduler.After(delay, () => Run(action));

    public Task PauseAsync(TimeSpan length)
    {
        var over = new TaskCompletionSource();
        After(length, over.SetResult);
        return over.Task;
    }

    public void Stall(TimeSpan length)
    {
        DisturbedAt = StalledUntil = _world.Scheduler.Now + length;
        NoteAbility();
        _world.Scheduler.At(StalledUntil, NoteAbility);
    }

    public void StepClock(TimeSpan skew)
    {
        Clock.Skew = skew;
        DisturbedAt = _world.Scheduler.Now;
    }

    public void Crash()
    {
        IsAlive = false;
        NoteAbility();
        foreach (var exchange in Exchanges.ToArray())
        {
            exchange.OnClientGone(isCrash: true);
        }
    }

    // ---- What the store did to it, by account.
    public void OnStoreFailed(string? accountId)
    {
        _storeFailedAt[accountId ?? ""] = _world.Scheduler.Now;
        CanSave.Break();
        CanLookAfter.Break();
    }

    public void OnStoreResponded(string? accountId) => _storeRespondedAt[accountId ?? ""] = _world.Scheduler.Now;

    public void OnStoreWrote(string accountId, TimeSpan calledAt) => _storeWroteAt[accountId] = calledAt;

    public TimeSpan StoreFailedAt(string accountId) =>
        Later(_storeFailedAt.GetValueOrDefault(accountId, TimeSpan.MinValue),
            _storeFailedAt.GetValueOrDefault("", TimeSpan.MinValue));

    public bool IsRefreshing(StoredConnection row) =>
        _operations.TryGetValue((row.ClientId, row.AccountId), out var operation) && !operation.HasEnded;

    /// <summary>When it called for the write that it last heard was done: from then on a lease counts.</summary>
    public TimeSpan StoreWroteAt(string accountId) => _storeWroteAt.GetValueOrDefault(accountId, TimeSpan.MinValue);

    public TimeSpan StoreRespondedAt(string accountId) =>
        _storeRespondedAt.GetValueOrDefault(accountId, TimeSpan.MinValue);

    /// <summary>
    /// To be called whenever something changes that makes it able to look after connections, or unable.
    /// </summary>
    public void NoteAbility()
    {
        var canSave = IsAlive && HasKeys && !IsCutOff && !_world.Database.IsDown
            && StalledUntil <= _world.Scheduler.Now;
        CanSave.Set(canSave);
        CanLookAfter.Set(canSave && HasHost && Options.ClientId == _world.Options.ClientId);
    }

    public override string ToString() => _name;

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private void Run(Action action)
    {
        if (!IsAlive)
        {
            return;
        }

        if (_world.Scheduler.Now < StalledUntil)
        {
            _world.Scheduler.At(StalledUntil, () => Run(action));
            return;
        }

        action();
    }

    private void EvictEveryMinute() => After(TimeSpan.FromMinutes(1), () =>
    {
        Application.EvictIdle();
        EvictEveryMinute();
    });

    // Looking in vain, as the loops almost always do, is skipped: most of a run's time would go into finding nothing.
    private void Repeat(Func<Task> work, int seconds, bool recovery)
    {
        After(_world.Scheduler.Between(0, seconds), Look);

        void Look()
        {
            if (_world.Database.AnyDue(Options.ClientId, Clock.GetUtcNow(), recovery))
            {
                _ = WorkAsync();
            }
            else
            {
                After(TimeSpan.FromSeconds(seconds), Look);
            }
        }

        async Task WorkAsync()
        {
            var startedAt = _world.Scheduler.Now;
            try
            {
                await work();
            }
            catch (AirwallexOAuthException)
            {
                // The hosted service logs it and looks again.
            }

            var left = TimeSpan.FromSeconds(seconds) - (_world.Scheduler.Now - startedAt);
            After(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), Look);
        }
    }
}
