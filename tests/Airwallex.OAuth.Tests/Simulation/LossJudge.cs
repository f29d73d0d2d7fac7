namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// At the end: every connection that can be alive is, and is finished. One that is lost must be lost by what the design
/// calls inherent; each other one is a violation of invariant 3.
/// </summary>
internal sealed class LossJudge(World world)
{
    /// <summary>A lease that has just been taken, 5 s of clock difference, a look, and the start.</summary>
    private static readonly TimeSpan TimeToTakeOver = TimeSpan.FromSeconds(21);

    /// <summary>A call that hangs, the pause after it, and reading and writing again with a slow store.</summary>
    public static readonly TimeSpan TimeToSave = TimeSpan.FromSeconds(20);

    /// <summary>From here on, after the first send, a start counts as the final one.</summary>
    private static readonly TimeSpan FinalStart = TimeSpan.FromSeconds(44);

    /// <summary>The latest start, by the clock that is the furthest behind.</summary>
    private static readonly TimeSpan LatestStart = TimeSpan.FromSeconds(53 + 5);

    public void CheckEnd()
    {
        foreach (var account in world.Accounts)
        {
            var clientId = world.Options.ClientId;
            if (world.Database.Find(clientId, account) is not { } row)
            {
                if (!world.Customers.HasDisconnected(account) && HolderOfFirst(account, clientId) is { } holder)
                {
                    world.Fail(
                        $"invariant 3: the connection of {account} is not stored, although {holder} received its " +
                        $"tokens");
                }

                continue;
            }

            if (world.Ledger.FamilyOf(row).IsEndedByCustomer)
            {
                continue;
            }

            if (!row.IsActive || !world.Ledger.CanRefresh(row))
            {
                Judge(row);
            }
            else if (row.State.Attempt is not null || row.State.RecoverAt is not null)
            {
                world.Fail($"the attempt to refresh {account} was left in the store");
            }
        }
    }

    private Instance? HolderOfFirst(string account, string clientId) =>
        world.Ledger.All.Where(issued => issued.Parent is null && issued.Family is { IsRefused: false } family
                && family.Account == account && family.ClientId == clientId)
            .SelectMany(issued => issued.Holders.Keys).FirstOrDefault(holder => holder.IsAlive);

    private void Judge(SharedDatabase.Row row)
    {
        var account = row.Stored.AccountId;
        var what = $"the connection of {account} is lost ({row.Stored.Status}: {row.State.StatusReason})";
        var lost = world.Ledger.Find(row.RefreshToken)!;
        world.Losses++;
        var revoker = world.Ledger.All
            .Where(issued => issued.Family == lost.Family && issued.RefusedAt < lost.RefusedAt)
            .MinBy(issued => issued.RefusedAt);
        if (revoker is not null && revoker == lost.Parent && !lost.Attempts.Exists(at => at < revoker.RefusedAt))
        {
            lost = revoker; // Ours came too late: its family was revoked with its parent.
        }
        else if (revoker is not null)
        {
            return; // A stale send reached Airwallex late; whether it left in time was judged then.
        }

        if (world.IsGentle)
        {
            world.Fail($"invariant 3: {what} after short troubles");
        }
        else if (Holder(lost) is { } holder)
        {
            world.Fail($"invariant 3: {what}, although {holder} received its next tokens");
        }
        else if (world.Ledger.WasReplacedUnseen(lost))
        {
            // Step 5: saved over another's send, it was due at once, and too late all the same.
        }
        else if (lost.Sends.Count == 0)
        {
            world.Fail($"invariant 3: {what}, although its refresh token was never sent");
        }
        else if (CouldStart(lost) is { } instance)
        {
            world.Fail($"invariant 3: {what}, although {instance} could have made the final start");
        }
        else if (WasCutInVain(lost) is { } cut)
        {
            world.Fail($"invariant 3: {what}, although {cut} had only to wait");
        }
    }

    /// <summary>
    /// Who received a successor and lived on, and could reach the store for long enough before another's last send.
    /// </summary>
    private Instance? Holder(Ledger.Issued lost) => SuccessorsOf(lost)
        .Where(issued => !IsSaved(issued))
        .SelectMany(issued => issued.Holders)
        .FirstOrDefault(held => held.Key.IsAlive
            && held.Key.CanSave.Contain(TimeToSave, held.Value, lost.RefusedAt ?? TimeSpan.MaxValue)).Key;

    private IEnumerable<Ledger.Issued> SuccessorsOf(Ledger.Issued issued) =>
        world.Ledger.All.Where(other => other.Parent == issued);

    private bool IsSaved(Ledger.Issued issued) => world.Database.SavedRefreshTokens.Contains(issued.Token);

    /// <summary>
    /// An instance that was able, long enough for a takeover, to start inside the grace period, although nobody did.
    /// </summary>
    private Instance? CouldStart(Ledger.Issued lost)
    {
        var (first, inside) = GracePeriod(lost);
        var last = inside[^1];
        // The one that rotated, or one after it, was the final start by its sender's count.
        var wasMade = lost.Sends.Exists(send => send.Age >= FinalStart && send.Age < LatestStart
            && !(send.EndedAt < lost.RotatedAt));
        if (wasMade || last.StartedAt >= first + FinalStart)
        {
            return null;
        }

        // After a failure it may wait until shortly before the end; after a crash it has no reason to.
        // Whoever stored an attempt, or renewed its lease, and got no further has kept the others waiting, too.
        var attempts = lost.Attempts.Concat(lost.Renewals)
            .Where(at => at > last.StartedAt && at < first + LatestStart);
        var free = attempts.Append(last.EndedAt ?? last.StartedAt).Max();
        if (last.Fate != SendFate.Crashed)
        {
            var from = first + LatestStart - TimeToTakeOver;
            return free > from ? null : world.AllInstances.FirstOrDefault(instance =>
                instance.CanLookAfter.Contain(TimeToTakeOver - TimeSpan.FromSeconds(0.1), from, first + LatestStart));
        }

        return world.AllInstances.FirstOrDefault(instance =>
            instance.CanLookAfter.Contain(TimeToTakeOver, free, first + TimeSpan.FromSeconds(48)));
    }

    /// <summary>
    /// The sender of the final start, by its own clock, when it gave up a response that was on its way, with a store
    /// that responded.
    /// </summary>
    private Instance? WasCutInVain(Ledger.Issued lost)
    {
        var (_, inside) = GracePeriod(lost);
        return !SuccessorsOf(lost).Any(IsSaved) && inside[^1] is { Fate: SendFate.Cut, WouldBeLost: false } send
            && send.Age >= TimeSpan.FromSeconds(51)
            && send.EndedAt - send.StartedAt < TimeSpan.FromSeconds(59)
            && send.Instance.StoreFailedAt(lost.Family.Account) < send.StartedAt
            && send.Instance.DisturbedAt < send.StartedAt ? send.Instance : null;
    }

    /// <summary>The sends of the grace period in which it was lost, and when that began.</summary>
    private static (TimeSpan First, List<Exchange> Sends) GracePeriod(Ledger.Issued lost)
    {
        // A 4xx does not begin it; a last send, which found the token unused, begins a new one.
        var lastAttempt = lost.LastSends.FindLast(at => at <= lost.RotatedAt);
        var first = lost.Sends.Find(
            send => send.IsLastSend && send.StartedAt >= lastAttempt && send.StartedAt <= lost.RotatedAt)
            ?? lost.Sends.Find(send => send.Status is not (>= 400 and < 500)) ?? lost.Sends[0];

        // An attempt whose writer died before the send has begun it for all others; one that got a 4xx has not.
        var refusedAt = lost.Sends.FindLast(send => send.Status is >= 400 and < 500 && send.StartedAt < first.StartedAt)
            ?.StartedAt ?? TimeSpan.MinValue;
        var begin = lost.Attempts.Find(at => at > first.StartedAt - LatestStart && at > refusedAt);
        begin = begin > TimeSpan.Zero && begin < first.StartedAt && !first.IsLastSend ? begin : first.StartedAt;
        return (begin, lost.Sends.FindAll(send => send.StartedAt >= begin && send.StartedAt < begin + LatestStart));
    }
}
