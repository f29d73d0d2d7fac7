namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>What may be written over what, and what must have been seen before.</summary>
internal sealed partial class Invariants
{
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
            issued.Family.TimesMade++;
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
        if (after.State.Attempt is not { } attempt)
        {
            return;
        }

        if (_attempts.TryGetValue(attempt.Id, out var known))
        {
            // By the clock of whoever waits for it, which may be behind.
            var left = attempt.LeaseExpiresAt - instance.Clock.GetUtcNow();
            known.HeldUntil = Now;
            if (left > TimeSpan.Zero)
            {
                known.HeldUntil = Now + left + TimeSpan.FromSeconds(5);
                world.Ledger.Find(known.Token)!.Renewals.Add(Now);
            }

            return;
        }

        // An attempt of its own is known to be no send when it was never sent, or every send of it was refused.
        var own = before?.State.Attempt is { } stored && _attempts.GetValueOrDefault(stored.Id) is { } writer
            && writer.Instance == instance ? writer : null;
        var isKnownUnsent = own is not null && own.Sends.TrueForAll(send => send.Status is >= 400 and < 500);

        // A send after the grace period starts a new one; it is the last, and must have been observed before. A last
        // one that was known to be no send is made again.
        var isLast = before?.State.Attempt is { ResponseMayBeLost: true } old && old.FirstSentAt < attempt.FirstSentAt
            && before.RefreshToken == after.RefreshToken
            && (attempt.FirstSentAt - old.FirstSentAt > TimeSpan.FromSeconds(50)
                || (isKnownUnsent && own!.IsLastSend));
        if (isLast && !isKnownUnsent && !_observed.Contains(attempt.Id))
        {
            world.Fail(
                $"invariant 2: {instance} makes a last send for {after.Stored.AccountId} that it has not observed " +
                $"for 25 s");
        }

        var issued = world.Ledger.Find(after.RefreshToken)!;
        issued.Attempts.Add(Now);
        if (isLast)
        {
            issued.LastSends.Add(Now);
        }

        _latest[(instance, after.Stored.ClientId, after.Stored.AccountId)] = _attempts[attempt.Id] =
            new Attempt(attempt.Id, instance, after.RefreshToken, isLast)
            {
                StoredAt = Now,
                AgeWhenStored = instance.Clock.GetUtcNow() - attempt.FirstSentAt,
                HeldUntil = Now + TimeSpan.FromSeconds(17),
            };
    }

    // Invariant 7.
    private void CheckProof(Instance instance, SharedDatabase.Row before, SharedDatabase.Row after)
    {
        if (!world.Ledger.Refusals.ContainsKey((before.RefreshToken, instance)))
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
            if (_attempts.GetValueOrDefault(attempt.Id) is { } own && own.Instance == instance
                && own.Sends.TrueForAll(send => send.Status is >= 400 and < 500))
            {
                return; // Its own, never received: what it observes is the attempt before.
            }

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
                && !world.Ledger.Refusals.Keys.Any(refusal => refusal.Receiver == instance))
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
}
