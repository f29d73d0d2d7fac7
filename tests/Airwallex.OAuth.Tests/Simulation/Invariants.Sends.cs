using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Who may send which refresh token, and when a send may be cut.</summary>
internal sealed partial class Invariants
{
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
            exchange.Age = attempt.AgeWhenStored + (Now - attempt.StoredAt);
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
        var known = row?.State.Attempt is { } attempt ? _attempts.GetValueOrDefault(attempt.Id) : null;
        var ours = known?.Instance == instance ? row!.State.Attempt : null;
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
        var sinceFirst = known!.AgeWhenStored + (Now - known.StoredAt);
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
                            || world.Ledger.WasReplacedUnseen(issued) || IsOfNoUse(exchange)
                            || WasMadeAgain(exchange)):
                case RuleName.ConcurrentRefresh or RuleName.StaleTokenReplayed when exchange.IsExcused
                    || IsOfNoUse(exchange) || WasMadeAgain(exchange):
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

    // While another instance's lease is live, a refusal is not written down: that one may have got a pair.
    private bool CouldEnd(Instance receiver, string token, TimeSpan from, TimeSpan to)
    {
        foreach (var other in _attempts.Values.Where(other => other.Token == token && other.Instance != receiver)
            .OrderBy(other => other.StoredAt))
        {
            if (receiver.CanSave.Contain(LossJudge.TimeToSave, from, other.StoredAt < to ? other.StoredAt : to))
            {
                return true;
            }

            from = other.HeldUntil > from ? other.HeldUntil : from;
        }

        return receiver.CanSave.Contain(LossJudge.TimeToSave, from, to);
    }

    // Invariant 4. A refusal that its receiver could not write down, because it died or the store failed, binds nobody
    // else.
    private void CheckNotRefused(Exchange exchange, Ledger.Issued issued)
    {
        var attempt = _latest.GetValueOrDefault((exchange.Instance, exchange.ClientId, issued.Family.Account));
        foreach (var ((token, receiver), at) in world.Ledger.Refusals)
        {
            if (token == issued.Token && receiver.IsAlive && !issued.Reactivations.Exists(later => later > at)
                && CouldEnd(receiver, token, at, attempt?.StoredAt ?? Now))
            {
                world.Fail(
                    $"invariant 4: {exchange.Instance} sent a refresh token of {issued.Family.Account} again that " +
                    $"{receiver} knows to be refused");
            }
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

    // Disconnected while the connect that made it was still saving: it comes last, and saves the tokens that it has.
    private bool WasMadeAgain(Exchange exchange) =>
        world.Ledger.Find(exchange.RefreshToken ?? "") is { Family.TimesMade: > 1 };

    private bool IsOfNoUse(Exchange exchange) =>
        exchange.RefreshToken is { } sent && world.Ledger.Find(sent) is { } issued
        && (world.Database.Find(issued.Family.ClientId, issued.Family.Account) is not { IsActive: true } row
            || world.Ledger.FamilyOf(row) != issued.Family);
}
