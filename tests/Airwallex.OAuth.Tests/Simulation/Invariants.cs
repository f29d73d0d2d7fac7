using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// What must always hold while a run goes on (design: "What must always hold"), with the excuses that the design names.
/// </summary>
internal sealed class Invariants(World world)
{
    // Half a lease before its end a send is cut; with less than this since the store last responded, the lease was
    // renewed in time.
    private static readonly TimeSpan LeaseUse = TimeSpan.FromSeconds(5.5);

    // The grace period less its margin, and the difference of the clocks.
    private static readonly TimeSpan LatestStart = TimeSpan.FromSeconds(53 + 5);

    private readonly Dictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);
    private readonly Dictionary<(Instance, string ClientId, string Account), Attempt> _latest = [];
    private readonly Dictionary<(Instance, string), Looks> _looks = [];
    private readonly HashSet<string> _observed = new(StringComparer.Ordinal);
    private readonly Dictionary<(Instance, string), (RefreshOperation Operation, TimeSpan At)> _sawLease = [];
    private int _violations;

    private TimeSpan Now => world.Scheduler.Now;

    // ---- Sends.

    /// <summary>The body of a refresh is about to leave.</summary>
    public void OnSent(Exchange exchange)
    {
        var (instance, sent) = (exchange.Instance, exchange.RefreshToken!);
        world.Trace($"{instance} sends {World.Short(sent)}");
        if (world.Ledger.Find(sent) is not { } issued)
        {
            world.Fail($"{instance} sent a refresh token that was never issued");
            return;
        }

        var row = world.Database.Find(issued.Family.ClientId, issued.Family.Account);
        if (exchange.ClientId != issued.Family.ClientId)
        {
            world.Fail(
                $"{instance} sent a refresh token of client {issued.Family.ClientId} as client {exchange.ClientId}");
        }

        CheckAlone(exchange, issued);
        CheckNotRefused(exchange, issued);
        issued.Sends.Add(exchange);

        // The customer disconnected, or connected again: what becomes of the family harms nobody.
        if (row is not { IsActive: true } || world.Ledger.FamilyOf(row) != issued.Family)
        {
            return;
        }

        var attempt = _latest.GetValueOrDefault((instance, issued.Family.ClientId, issued.Family.Account));
        if (attempt is not null)
        {
            attempt.Sends.Add(exchange);
            exchange.IsLastSend = attempt.IsLastSend;
        }

        if (row.RefreshToken != sent && !WasOverwrittenLately(instance, row))
        {
            world.Fail(
                $"invariant 2: {instance} sent a refresh token of {issued.Family.Account} whose successor is saved");
        }
        else if ((attempt is null || attempt.Token != sent || row.State.Attempt?.Id != attempt.Id)
            && !WasOverwrittenLately(instance, row))
        {
            world.Fail(
                $"step 3: {instance} sent a refresh token of {issued.Family.Account} without its attempt in the store");
        }
    }

    /// <summary>The client gives a send up.</summary>
    public void OnCut(Exchange exchange)
    {
        var issued = world.Ledger.Find(exchange.RefreshToken!)!;
        var account = issued.Family.Account;
        var instance = exchange.Instance;
        world.Trace($"{instance} cuts its send of {World.Short(issued.Token)}");
        var row = world.Database.Find(issued.Family.ClientId, account);
        var ours = row?.State.Attempt is { } attempt && _attempts.GetValueOrDefault(attempt.Id) is { } known
            && known.Instance == instance ? attempt : null;
        var age = Now - exchange.CalledAt;
        if (ours is null || age > TimeSpan.FromSeconds(59) || instance.DisturbedAt > exchange.CalledAt)
        {
            return;
        }

        // Step 4: while the store does not respond, the send is neither cut nor timed out.
        if (world.Database.IsDown && instance.StoreRespondedAt(account) < Now - TimeSpan.FromSeconds(6.2)
            && instance.StoreFailedAt(account) > instance.StoreRespondedAt(account))
        {
            world.Fail($"step 4: {instance} cut its send of {account} while the store did not respond");
        }

        // Step 4: 8 s, or as long as it has been since the first send; and another that is not the last leaves room for
        // the final start.
        var now = instance.Clock.GetUtcNow();
        var sinceFirst = now - ours.FirstSentAt;
        var patience = sinceFirst - age > TimeSpan.FromSeconds(8) ? sinceFirst - age : TimeSpan.FromSeconds(8);
        var isLeaseOver = now > ours.LeaseExpiresAt - TimeSpan.FromSeconds(6.1)
            || instance.StoreWroteAt(account) < Now - TimeSpan.FromSeconds(5.8);
        var leavesRoom = sinceFirst > TimeSpan.FromSeconds(50.4) && exchange.StartedAt + TimeSpan.FromSeconds(50) > Now;
        if (age < patience - TimeSpan.FromSeconds(0.3) && !isLeaseOver && !leavesRoom)
        {
            world.Fail($"step 4: {instance} cut its send of {account} after {age.TotalSeconds:0.0} s without need");
        }
    }

    /// <summary>The server may have recorded violations.</summary>
    public void OnRules(Exchange exchange)
    {
        if (world.Server.ViolationCount == _violations)
        {
            return;
        }

        foreach (var violation in world.Server.Violations.Skip(_violations))
        {
            switch (violation.Rule)
            {
                case RuleName.ReuseOutsideGrace or RuleName.FamilyRevoked
                    when world.Ledger.Find(exchange.RefreshToken ?? "") is { } issued
                        && (FollowsLastSend(exchange, issued) || LeftInTime(exchange, issued)
                            || issued.Reactivations.Exists(at => at < exchange.StartedAt)
                            || world.Ledger.WasReplacedUnseen(issued) || IsOfNoUse(exchange)):
                case RuleName.ConcurrentRefresh or RuleName.StaleTokenReplayed when exchange.IsExcused
                    || IsOfNoUse(exchange):
                case RuleName.RefreshAfterPermanentRefusal: // Judged above, by who knew.
                case RuleName.CodeReused: // A code is sent again after a response that says that the endpoint failed.
                    break;
                default:
                    world.Fail($"Airwallex's rule {violation.Rule}: {violation.Text}");
                    break;
            }
        }

        _violations = world.Server.ViolationCount;
    }

    // Invariant 1.
    private void CheckAlone(Exchange exchange, Ledger.Issued issued)
    {
        foreach (var instance in world.Instances)
        {
            foreach (var other in instance.Exchanges)
            {
                if (other == exchange || other.RefreshToken is not { } token
                    || world.Ledger.Find(token)?.Family != issued.Family)
                {
                    continue;
                }

                var account = issued.Family.Account;
                var row = world.Database.Find(issued.Family.ClientId, account);
                var couldNotRenew = instance.StoreWroteAt(account) < Now - LeaseUse
                    && instance.StoreFailedAt(account) > instance.StoreWroteAt(account);
                if (couldNotRenew || (row is not null
                    && (WasOverwrittenLately(instance, row) || WasOverwrittenLately(exchange.Instance, row))))
                {
                    exchange.IsExcused = true;
                    other.IsExcused = true;
                }
                else
                {
                    world.Fail(
                        $"invariant 1: {exchange.Instance} sent a refresh token of {account} while {instance} waits " +
                        $"for a response");
                }
            }
        }
    }

    // Invariant 4. A refusal that its receiver could not write down, because it died or the store failed, binds nobody
    // else.
    private void CheckNotRefused(Exchange exchange, Ledger.Issued issued)
    {
        if (world.Ledger.Refusals.TryGetValue(issued.Token, out var refusal) && refusal.Receiver.IsAlive
            && !issued.Reactivations.Exists(at => at > refusal.At)
            && refusal.Receiver.StoreFailedAt(issued.Family.Account) < refusal.At
                && Now - refusal.At > TimeSpan.FromSeconds(9))
        {
            world.Fail(
                $"invariant 4: {exchange.Instance} sent a refresh token of {issued.Family.Account} again that " +
                $"{refusal.Receiver} knows to be refused");
        }
    }

    // Step 5 saves a successor over another's attempt; the other finds out at its next renewal.
    private bool WasOverwrittenLately(Instance sender, SharedDatabase.Row row) =>
        _overwritten.TryGetValue((row.Stored.AccountId, row.Stored.ClientId), out var last)
        && last.Loser == sender && Now - last.At < TimeSpan.FromSeconds(12);

    // An attempt at a last send starts a new grace period, whether or not its writer lived to send.
    private static bool FollowsLastSend(Exchange exchange, Ledger.Issued issued) =>
        issued.LastSends.Exists(at => exchange.StartedAt - at < LatestStart);

    // A brownout kept the server from it until the grace period was over.
    private static bool LeftInTime(Exchange exchange, Ledger.Issued issued) =>
        exchange.StartedAt - issued.RotatedAt < LatestStart;

    private bool IsOfNoUse(Exchange exchange) =>
        exchange.RefreshToken is { } sent && world.Ledger.Find(sent) is { } issued
        && (world.Database.Find(issued.Family.ClientId, issued.Family.Account) is not { IsActive: true } row
            || world.Ledger.FamilyOf(row) != issued.Family);

    private readonly Dictionary<(string, string), (Instance Loser, TimeSpan At)> _overwritten = [];

    // ---- Writes.

    public void OnSaved(Instance instance, SharedDatabase.Row? before, SharedDatabase.Row after)
    {
        var account = after.Stored.AccountId;
        if (world.Ledger.Find(after.RefreshToken) is not { } issued)
        {
            world.Fail($"{instance} saved a refresh token of {account} that was never issued");
            return;
        }

        NoteAttempt(instance, before, after);
        if (before is null)
        {
            return;
        }

        var previous = world.Ledger.Find(before.RefreshToken)!;
        if (before.IsActive && !after.IsActive)
        {
            CheckProof(instance, before, after);
        }

        if (issued == previous)
        {
            return;
        }

        if (issued.Family != previous.Family && issued.Parent is not null)
        {
            world.Fail($"an operation of an earlier authorization of {account} saved over a later one, by {instance}");
        }
        else if (issued.Family == previous.Family && issued.Sequence < previous.Sequence
            && !previous.Sends.Concat(issued.Parent?.Sends ?? []).Any(send => send.IsExcused))
        {
            world.Fail($"step 5: {instance} saved an earlier pair of {account} over a later one");
        }

        if (before.State.Attempt is { } lost && _attempts.GetValueOrDefault(lost.Id) is { } attempt
            && attempt.Instance != instance)
        {
            _overwritten[(account, after.Stored.ClientId)] = (attempt.Instance, Now);
        }
    }

    public void OnDeleted(Instance instance, SharedDatabase.Row row)
    {
        if (!world.Customers.MayDelete(world.Ledger.FamilyOf(row)))
        {
            world.Fail(
                $"{instance} deleted a connection of {row.Stored.AccountId} that was made after the wish to " +
                $"disconnect");
        }
    }

    /// <summary>A write is about to leave: what was observed by now counts, however late it takes effect.</summary>
    public void OnSaving(Instance instance, StoredConnection next)
    {
        if (world.Database.Find(next.ClientId, next.AccountId)?.State.Attempt is { } stored
            && _looks.TryGetValue((instance, next.AccountId), out var looks) && looks.Prove(stored, Now)
            && ConnectionSerializer.ReadAttempt(next) is { } attempt)
        {
            _observed.Add(attempt.Id);
        }
    }

    private void NoteAttempt(Instance instance, SharedDatabase.Row? before, SharedDatabase.Row after)
    {
        if (after.State.Attempt is not { } attempt || before?.State.Attempt?.Id == attempt.Id
            || _attempts.ContainsKey(attempt.Id))
        {
            return;
        }

        // A send after the grace period starts a new one; it is the last, and must have been observed before.
        var isLast = before?.State.Attempt is { ResponseMayBeLost: true } old && old.FirstSentAt < attempt.FirstSentAt
            && before.RefreshToken == after.RefreshToken
                && attempt.FirstSentAt - old.FirstSentAt > TimeSpan.FromSeconds(50);

        // An attempt of its own is known to be no send when it was never sent, or every send of it was refused.
        var isKnownUnsent = before?.State.Attempt is { } stored
            && _attempts.GetValueOrDefault(stored.Id) is { } own
            && own.Instance == instance && own.Sends.TrueForAll(send => send.Status is >= 400 and < 500);
        if (isLast && !isKnownUnsent && !_observed.Contains(attempt.Id))
        {
            world.Fail(
                $"invariant 2: {instance} makes a last send for {after.Stored.AccountId} that it has not observed " +
                $"for 25 s");
        }

        if (isLast)
        {
            world.Ledger.Find(after.RefreshToken)!.LastSends.Add(Now);
        }

        _latest[(instance, after.Stored.ClientId, after.Stored.AccountId)] = _attempts[attempt.Id] =
            new Attempt(attempt.Id, instance, after.RefreshToken, isLast);
    }

    // Invariant 7.
    private void CheckProof(Instance instance, SharedDatabase.Row before, SharedDatabase.Row after)
    {
        if (!world.Ledger.Refusals.TryGetValue(before.RefreshToken, out var refusal) || refusal.Receiver != instance)
        {
            world.Fail(
                $"invariant 7: {instance} ended the connection of {after.Stored.AccountId} without proof: " +
                $"{after.State.StatusReason}");
        }
    }

    // ---- Looks.

    public void OnLooked(Instance instance, string account, StoredConnection? row)
    {
        if (row is not null && ConnectionSerializer.ReadAttempt(row) is { } attempt)
        {
            world.Trace($"{instance} sees attempt {World.Short(attempt.Id)} of {account}");
            CheckDoesNotWait(instance, account, attempt);
            if (!_looks.TryGetValue((instance, account), out var looks))
            {
                _looks[(instance, account)] = looks = new Looks();
            }

            looks.Add(attempt, Now);
        }
    }

    // What others are working on is theirs: recovery and renewal take the next account.
    private void CheckDoesNotWait(Instance instance, string account, RefreshAttempt attempt)
    {
        var operation = instance.OperationOf(instance.Options.ClientId, account) is { HasEnded: false } running
            ? running : null;
        var isForeign = attempt.LeaseExpiresAt > instance.Clock.GetUtcNow()
            && _attempts.GetValueOrDefault(attempt.Id)?.Instance != instance;
        if (operation is null || !isForeign
            || !instance.WasStartedByKeepAlive(operation))
        {
            _sawLease.Remove((instance, account));
        }
        else if (_sawLease.TryGetValue((instance, account), out var saw) && saw.Operation == operation)
        {
            if (Now - saw.At > TimeSpan.FromSeconds(9) && instance.DisturbedAt < saw.At
                && instance.StoreFailedAt(account) < saw.At
                && !world.Ledger.Unsaved.Exists(unsaved => unsaved.Holder == instance)
                && !world.Ledger.Refusals.Values.Any(refusal => refusal.Receiver == instance))
            {
                world.Fail($"keep-alive: {instance} waits for another instance's lease of {account}");
            }
        }
        else
        {
            _sawLease[(instance, account)] = (operation, Now);
        }
    }

    public void OnLookFailed(Instance instance)
    {
        foreach (var (key, looks) in _looks)
        {
            if (key.Item1 == instance)
            {
                looks.Fail();
            }
        }
    }

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
        else if (!world.Database.SavedAccessTokens.Contains(token)
            && instance.OperationOf(issued.Family.ClientId, account) is not { SaveFailure: not null })
        {
            world.Fail($"step 5: a caller of {account} got a token that is not saved, while the store works");
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
