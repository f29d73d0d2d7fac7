namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// What must always hold while a run goes on (design: "What must always hold"), with the excuses that the design names.
/// </summary>
internal sealed partial class Invariants(World world)
{
    // Half a lease before its end a send is cut; with less than this since the store last wrote, the lease was renewed
    // in time.
    private static readonly TimeSpan LeaseUse = TimeSpan.FromSeconds(5.5);

    // The grace period less its margin, and the difference of the clocks.
    private static readonly TimeSpan LatestStart = TimeSpan.FromSeconds(53 + 5);

    private readonly Dictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);
    private readonly Dictionary<(Instance, string ClientId, string Account), Attempt> _latest = [];
    private readonly Dictionary<(Instance, string), Looks> _looks = [];
    private readonly HashSet<string> _observed = new(StringComparer.Ordinal);
    private readonly Dictionary<(Instance, string), (RefreshOperation Operation, TimeSpan At)> _sawLease = [];
    private readonly Dictionary<(string, string), (Instance Loser, TimeSpan At)> _overwritten = [];

    // They stay good until they expire, whatever became of their refresh tokens.
    private readonly HashSet<string> _servedFromMemory = new(StringComparer.Ordinal);
    private int _violations;

    private TimeSpan Now => world.Scheduler.Now;

    // ---- Tokens.

    public void OnTokenHandedOut(Instance instance, string account, string[] clientIds, string token)
    {
        var issued = world.Ledger.FindByAccessToken(token);
        if (issued?.Family.Account != account || !clientIds.Contains(issued.Family.ClientId))
        {
            world.Fail(
                $"invariant 5: a caller of {account} got a token of {issued?.Family.Account ?? "nobody"}, client " +
                $"{issued?.Family.ClientId}");
        }
        else if (instance.OperationOf(issued.Family.ClientId, account) is { SaveFailure: not null })
        {
            _servedFromMemory.Add(token);
        }
        else if (!world.Database.SavedAccessTokens.Contains(token) && !_servedFromMemory.Contains(token)
            && !(issued.Holders.TryGetValue(instance, out var at) && Now - at > LossJudge.TimeToSave))
        {
            world.Fail(
                $"step 5: a caller of {account} got the access token of {World.Short(issued.Token)}, which is not " +
                $"saved, while the store works");
        }
    }

    /// <summary>
    /// Invariant 3: who received a response holds on to it until it is saved, or until it is of no use any more.
    /// </summary>
    public void CheckUnsaved()
    {
        var unsaved = world.Ledger.Unsaved;
        for (var i = unsaved.Count - 1; i >= 0; i--)
        {
            var (holder, issued, at) = unsaved[i];
            var family = issued.Family;
            var row = world.Database.Find(family.ClientId, family.Account);
            if (!holder.IsAlive || world.Database.SavedRefreshTokens.Contains(issued.Token)
                || row is null || row.RefreshToken != issued.Parent?.Token)
            {
                unsaved.RemoveAt(i);
            }
            else if (holder.Tasks.Running == 0)
            {
                world.Fail($"invariant 3: {holder} received tokens of {family.Account} and dropped them, unsaved");
            }
            else if (holder.CanSave.Contain(LossJudge.TimeToSave, at, Now))
            {
                world.Fail($"step 5: {holder} received tokens of {family.Account} and does not save them at once");
            }
        }
    }

    public void CheckEnd() => new LossJudge(world).CheckEnd();

    private sealed record Attempt(string Id, Instance Instance, string Token, bool IsLastSend)
    {
        public TimeSpan StoredAt { get; init; }

        /// <summary>How long ago the token was first sent, by its writer's clock.</summary>
        public TimeSpan AgeWhenStored { get; init; }

        /// <summary>Until when its lease binds other instances, as it was last written.</summary>
        public TimeSpan HeldUntil { get; set; }

        public List<Exchange> Sends { get; } = [];
    }

    /// <summary>What one instance saw of one attempt: looks at most 5 s apart, all of which succeeded.</summary>
    private sealed class Looks
    {
        private RefreshAttempt? _seen;
        private TimeSpan _since;
        private TimeSpan _last;

        public void Add(RefreshAttempt attempt, TimeSpan now)
        {
            if (attempt != _seen || now - _last > TimeSpan.FromSeconds(5.1))
            {
                (_seen, _since) = (attempt, now);
            }

            _last = now;
        }

        public void Fail() => _seen = null;

        public bool Prove(RefreshAttempt attempt, TimeSpan now) =>
            attempt == _seen && _last - _since >= TimeSpan.FromSeconds(24.9) && now - _last < TimeSpan.FromSeconds(12);
    }
}
