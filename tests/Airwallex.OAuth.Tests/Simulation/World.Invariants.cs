using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>What must always hold, and the bookkeeping that tells whether it does.</summary>
internal sealed partial class World
{
    private readonly Dictionary<string, Issued> _byRefreshToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _accountOfAccessToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Instance> _refusals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unanswered = new(StringComparer.Ordinal);
    private readonly HashSet<int> _revoked = [];
    private readonly HashSet<string> _disconnected = [];
    private readonly HashSet<Instance> _crashed = [];
    private bool _databaseFailed;
    private readonly HashSet<string> _lastAttempts = [];
    private readonly List<(Instance Holder, Issued Issued)> _unsaved = [];
    private int _brokenRules;
    private int _families;

    /// <summary>What could not be written down binds nobody but its author.</summary>
    private bool StoreEverFailed => _databaseFailed || Faults is not { StoreThrows: 0, StoreLies: 0 };

    /// <summary>A refresh token is about to reach Airwallex.</summary>
    public void OnRefreshArrives(Instance instance, string sent)
    {
        Refreshes++;
        Trace($"{instance} sends {Short(sent)} of {_byRefreshToken.GetValueOrDefault(sent)?.Account}");
        if (!_byRefreshToken.TryGetValue(sent, out var issued))
        {
            Fail($"{instance} sent a refresh token that was never issued");
            return;
        }

        // Invariant 4. A refusal that its receiver could not write down, because it died or the store failed, binds nobody else.
        if (_refusals.TryGetValue(sent, out var refused) && refused.IsAlive && !StoreEverFailed)
        {
            Fail($"invariant 4: {instance} sent a refresh token of {issued.Account} again that {refused} knows to be refused for good");
        }

        _lastAttempts.Remove(issued.Account);

        // The customer disconnected, or connected again: what becomes of the family harms nobody.
        if (Database.Find(issued.Account) is not { } row || FamilyOf(row) != issued.Family)
        {
            _lastAttempts.Add(issued.Account);
            return;
        }

        if (row.Tokens.RefreshToken != sent && row.Status == ConnectionStatus.Active)
        {
            Fail($"invariant 2: {instance} sent a refresh token of {issued.Account} whose successor is saved");
            return;
        }

        if (row is { PendingRefresh: null, Status: ConnectionStatus.Active })
        {
            Fail($"step 3: {instance} sent the refresh token of {issued.Account} without a note in the store");
            return;
        }

        if (row.PendingRefresh is { } note)
        {
            // Written when the grace period had run out: the one attempt that GraceExceeded allows.
            var age = note.LeaseExpiresAt - Options.RefreshLease - note.FirstSentAt;
            var graceLeft = Options.GracePeriod - RefreshTimes.GraceMargin(Options) - RefreshTimes.ShortestSend(Options);
            if (age > graceLeft)
            {
                _lastAttempts.Add(issued.Account);
            }
        }
    }

    /// <summary>The sender of a refresh token will never hear what became of it.</summary>
    public void OnUnanswered(string sent) => _unanswered.Add(sent);

    // Whoever died with a note in the store that does not say so may have known of an answer, an error of the server's too; now nobody does.
    private void OnCrashed(Instance instance)
    {
        foreach (var row in Database.Rows)
        {
            if (row.PendingRefresh is { AnsweredStatus: null } note && note.AttemptId == instance.Accounts.Find(row.AccountId)?.LastAttemptId)
            {
                OnUnanswered(row.Tokens.RefreshToken);
            }
        }
    }

    /// <summary>Airwallex has carried a token request out.</summary>
    public void OnProcessed(PendingTokenRequest request, TokenAnswer answer)
    {
        CheckBrokenRules();
        if (answer.RefreshToken is null)
        {
            Trace($"Airwallex answers {answer.StatusCode} {answer.Error}");
            return;
        }

        var sent = request.SentRefreshToken;
        var family = sent is null ? _families++ : _byRefreshToken[sent].Family;
        if (!_byRefreshToken.ContainsKey(answer.RefreshToken))
        {
            _byRefreshToken.Add(answer.RefreshToken, new Issued(answer.AccountId!, family, answer.RefreshToken, sent));
        }

        _accountOfAccessToken[answer.AccessToken!] = answer.AccountId!;
        Trace($"Airwallex issues {Short(answer.RefreshToken)} for {(sent is null ? "a code" : Short(sent))}{(answer.GraceReplay ? ", in grace" : "")}");
    }

    /// <summary>An answer reaches a living instance.</summary>
    public void OnDelivered(Instance instance, TokenAnswer answer, string? sent)
    {
        if (answer.RefreshToken is { } token)
        {
            _byRefreshToken[token].Holders.Add(instance);
            _unsaved.Add((instance, _byRefreshToken[token]));
            Trace($"{instance} receives {Short(token)}");
        }
        else if (answer.Error == "invalid_grant" && sent is not null)
        {
            _refusals.TryAdd(sent, instance);
        }
    }

    private void OnTokenHandedOut(Instance instance, string account, string? token)
    {
        if (token is null)
        {
            return;
        }

        if (_accountOfAccessToken.GetValueOrDefault(token) != account)
        {
            Fail($"invariant 5: a caller of {account} got a token of {_accountOfAccessToken.GetValueOrDefault(token) ?? "nobody"}");
        }

        var storeFailed = instance.Accounts.Find(account)?.Flight is { SaveFailure: not (null or InvalidOperationException) };
        if (!Database.SavedAccessTokens.Contains(token) && !storeFailed)
        {
            Fail($"step 5: a caller of {account} got a token that is not saved, while the store works");
        }
    }

    private void CheckInvariants()
    {
        CheckBrokenRules();
        CheckUnsaved();
    }

    // Invariant 3: whoever received an answer holds on to it until it is saved, or until it is of no use any more.
    private void CheckUnsaved()
    {
        for (var i = _unsaved.Count - 1; i >= 0; i--)
        {
            var (holder, issued) = _unsaved[i];
            var row = Database.Find(issued.Account);
            if (!holder.IsAlive || Database.SavedRefreshTokens.Contains(issued.Token)
                || row?.Tokens.RefreshToken != issued.Spent || row?.Status != ConnectionStatus.Active)
            {
                _unsaved.RemoveAt(i);
            }
            else if (holder.Accounts.Find(issued.Account)?.Flight is null or { IsOver: true })
            {
                Fail($"invariant 3: {holder} received tokens of {issued.Account} and let go of them, unsaved");
            }
            else if (holder.IsCutOff)
            {
                issued.WasKeptFromTheDatabase = true;
            }
        }
    }

    private void CheckBrokenRules()
    {
        if (Server.BrokenRuleCount == _brokenRules)
        {
            return;
        }

        foreach (var broken in Server.BrokenRules.Skip(_brokenRules))
        {
            switch (broken.Rule)
            {
                case RuleName.ReuseOutsideGrace or RuleName.FamilyRevoked when _lastAttempts.Contains(broken.AccountId!):
                case RuleName.RefreshAfterPermanentRefusal: // Judged by invariant 4 above, which knows who knew.
                case RuleName.CodeReused: // A code is sent again after an answer that says that the endpoint failed.
                    break;
                default:
                    Fail($"Airwallex's rule {broken.Rule}: {broken.Text}");
                    break;
            }
        }

        _brokenRules = Server.BrokenRuleCount;
    }

    private bool IsHealed() => Database.Rows.All(row => row.Status != ConnectionStatus.Active || (row.PendingRefresh is null && CanRefresh(row)))
        && _byRefreshToken.Count > 0 && _instances.All(instance => instance.Exchanges.Count == 0);

    private void CheckTheEnd()
    {
        foreach (var instance in _instances)
        {
            foreach (var account in _accounts)
            {
                var known = instance.Accounts.Find(account);
                Trace($"{instance} ends with {account}: pause {known?.Pause?.Failures} until {known?.Pause?.Until - instance.Clock.GetUtcNow()}, flight {known?.Flight?.Need.Trigger} over {known?.Flight?.IsOver}, sighting {known?.Sighting}");
            }
        }

        foreach (var account in _accounts)
        {
            if (Database.Find(account) is not { } row)
            {
                if (!_disconnected.Contains(account) && HolderOf(issued => issued.Account == account) is { } holder)
                {
                    Fail($"invariant 3: the connection of {account} is not stored, although {holder} received its tokens");
                }

                continue;
            }

            var family = FamilyOf(row);
            if (_revoked.Contains(family))
            {
                continue;
            }

            if (row.Status == ConnectionStatus.Active && CanRefresh(row))
            {
                if (row.PendingRefresh is not null)
                {
                    Fail($"the note about a refresh of {account} was left in the store");
                }

                continue;
            }

            // Lost. By our side, unless no answer that Airwallex gave last reached anybody who lived on.
            var last = Server.CurrentRefreshToken(account);
            if (last is not null && !Database.SavedRefreshTokens.Contains(last)
                && HolderOf(issued => issued == _byRefreshToken[last] && issued is { WasKeptFromTheDatabase: false } && issued.Family == family) is { } alive)
            {
                Fail($"invariant 3: the connection of {account} is lost ({row.Status}), although {alive} received its last tokens");
            }
            else if (Faults.Gentle)
            {
                Fail($"invariant 3: the connection of {account} is lost ({row.Status}: {row.StatusReason}) after short troubles");
            }
            else if (!_byRefreshToken.Values.Any(issued => issued.Family == family && (issued.WasKeptFromTheDatabase || !issued.Holders.Any(one => one.IsAlive)))
                && (Options.GraceExceeded == GraceExceededBehavior.Attempt || !(_unanswered.Contains(row.Tokens.RefreshToken) || StoreEverFailed)))
            {
                Fail($"invariant 3: the connection of {account} is lost ({row.Status}: {row.StatusReason}) although no answer was");
            }
        }
    }

    private Instance? HolderOf(Func<Issued, bool> which) =>
        _byRefreshToken.Values.Where(which).SelectMany(issued => issued.Holders).FirstOrDefault(holder => holder.IsAlive);

    private bool CanRefresh(AirwallexConnection row) =>
        _revoked.Contains(FamilyOf(row)) || Server.CanRefresh(row.AccountId, row.Tokens.RefreshToken);

    private int FamilyOf(AirwallexConnection row) => _byRefreshToken[row.Tokens.RefreshToken].Family;

    private IEnumerable<int> FamiliesOf(string account) =>
        _byRefreshToken.Values.Where(issued => issued.Account == account).Select(issued => issued.Family);

    private void Fail(string what)
    {
        if (Violation is null)
        {
            Trace($"VIOLATION: {what}");
            Violation = what;
        }
    }

    private static string Short(string token) => token[..6];

    /// <summary>A refresh token that Airwallex issued, and who received it.</summary>
    private sealed record Issued(string Account, int Family, string Token, string? Spent)
    {
        public HashSet<Instance> Holders { get; } = [];

        /// <summary>Whether a holder was cut off from the database with it: then others could only go on without it.</summary>
        public bool WasKeptFromTheDatabase { get; set; }
    }
}
