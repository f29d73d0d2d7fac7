using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// What Airwallex issued and refused, who received it, and what customers did: the truth that invariants are measured
/// by.
/// </summary>
internal sealed class Ledger(World world)
{
    private readonly Dictionary<string, Issued> _byRefreshToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Issued> _byAccessToken = new(StringComparer.Ordinal);
    private int _sequence;

    public List<Family> Families { get; } = [];

    public IEnumerable<Issued> All => _byRefreshToken.Values;

    /// <summary>Refreshes that Airwallex carried out.</summary>
    public int Refreshes { get; private set; }

    /// <summary>Received, and not known to be saved yet.</summary>
    public List<(Instance Holder, Issued Issued, TimeSpan At)> Unsaved { get; } = [];

    /// <summary>Refusals for good: of which refresh token, who got them, and when last.</summary>
    public Dictionary<(string RefreshToken, Instance Receiver), TimeSpan> Refusals { get; } = [];

    public Issued? Find(string refreshToken) => _byRefreshToken.GetValueOrDefault(refreshToken);

    public Issued? FindByAccessToken(string accessToken) => _byAccessToken.GetValueOrDefault(accessToken);

    public Family FamilyOf(SharedDatabase.Row row) => _byRefreshToken[row.RefreshToken].Family;

    public bool CanRefresh(SharedDatabase.Row row) =>
        FamilyOf(row).IsEndedByCustomer || world.Server.CanRefresh(row.Stored.AccountId, row.RefreshToken);

    /// <summary>
    /// Whether a token before it was sent once more, by one that could not know of it or save, and nobody alive got the
    /// later pair and could save it. That the send left in time was judged when it left.
    /// </summary>
    public bool WasReplacedUnseen(Issued issued) => All.Any(
        other => IsBefore(other.Parent, issued) && other.Sequence > issued.Sequence
            && !(other.IssuedAt > issued.RotatedAt)
            && !other.Holders.Any(held => held.Key.IsAlive
                && held.Key.CanSave.Contain(LossJudge.TimeToSave, held.Value, world.Scheduler.Now)));

    private static bool IsBefore(Issued? earlier, Issued issued)
    {
        var ancestor = issued.Parent;
        while (ancestor is not null && ancestor != earlier)
        {
            ancestor = ancestor.Parent;
        }

        return ancestor is not null;
    }

    /// <summary>The customer, or Airwallex at the customer's wish, ends what was consented so far.</summary>
    public void EndFamilies(string account, string clientId, Family? before = null)
    {
        foreach (var family in Families.TakeWhile(one => one != before))
        {
            family.IsEndedByCustomer |= family.Account == account && family.ClientId == clientId;
        }
    }

    /// <summary>Airwallex has carried a token request out.</summary>
    public void OnProcessed(Exchange exchange, TokenResult result)
    {
        if (result.RefreshToken is null)
        {
            world.Trace($"Airwallex refuses: {result.StatusCode} {result.Error}");
            if (result is { Error: "invalid_grant" } && exchange.RefreshToken is { } refused)
            {
                Find(refused)!.RefusedAt ??= world.Scheduler.Now;
            }

            return;
        }

        var parent = exchange.RefreshToken is { } sent ? Find(sent) : null;
        if (parent is not null)
        {
            Refreshes++;
            parent.RotatedAt ??= world.Scheduler.Now;
            if (world.SecondConsent == SecondConsent.RevokesFirstAtFirstUse)
            {
                EndFamilies(parent.Family.Account, parent.Family.ClientId, before: parent.Family);
            }
        }

        Issue(result, parent, exchange.ClientId);
        world.Trace(
            $"Airwallex issues {World.Short(result.RefreshToken)} for " +
            $"{World.Short(exchange.RefreshToken ?? "a code")}{(result.GraceReplay ? ", in grace" : "")}");
    }

    /// <summary>Tokens that another system got, and that are to be imported.</summary>
    public Issued Issue(TokenResult result, Issued? parent, string clientId)
    {
        var family = parent?.Family;
        if (family is null)
        {
            Families.Add(family = new Family(Families.Count, result.AccountId!, clientId));
        }

        if (!_byRefreshToken.TryGetValue(result.RefreshToken!, out var issued))
        {
            issued = new Issued(result.RefreshToken!, family, parent, ++_sequence, world.Scheduler.Now);
            _byRefreshToken.Add(issued.Token, issued);
        }

        _byAccessToken[result.AccessToken!] = issued;
        return issued;
    }

    /// <summary>A response reaches a living instance.</summary>
    public void OnDelivered(Exchange exchange, TokenResult result)
    {
        if (result.RefreshToken is { } token)
        {
            var issued = _byRefreshToken[token];
            issued.Holders.TryAdd(exchange.Instance, world.Scheduler.Now);
            Unsaved.Add((exchange.Instance, issued, world.Scheduler.Now));
        }
        else if (result is { Error: "invalid_grant" } && exchange.RefreshToken is { } sent)
        {
            Refusals[(sent, exchange.Instance)] = world.Scheduler.Now;
        }
    }

    /// <summary>One consent.</summary>
    internal sealed class Family(int number, string account, string clientId)
    {
        public int Number => number;

        public string Account => account;

        public string ClientId => clientId;

        public bool IsEndedByCustomer { get; set; }

        /// <summary>How often its connection came into being.</summary>
        public int TimesMade { get; set; }

        /// <summary>OnConnecting refused it.</summary>
        public bool IsRefused { get; set; }
    }

    /// <summary>A refresh token that Airwallex issued, who received it, and who sent it.</summary>
    internal sealed class Issued(string token, Family family, Issued? parent, int sequence, TimeSpan issuedAt)
    {
        public string Token => token;

        public Family Family => family;

        /// <summary>What it was issued for; null for the first of a consent.</summary>
        public Issued? Parent => parent;

        /// <summary>Its place among all that was ever issued.</summary>
        public int Sequence => sequence;

        public TimeSpan IssuedAt => issuedAt;

        /// <summary>Who received it, and when.</summary>
        public Dictionary<Instance, TimeSpan> Holders { get; } = [];

        public List<Exchange> Sends { get; } = [];

        /// <summary>When an attempt to send it was stored.</summary>
        public List<TimeSpan> Attempts { get; } = [];

        /// <summary>When the lease of an attempt to send it was renewed.</summary>
        public List<TimeSpan> Renewals { get; } = [];

        /// <summary>When an attempt to send it after the grace period was stored.</summary>
        public List<TimeSpan> LastSends { get; } = [];

        /// <summary>When a person asked to take its refusal back.</summary>
        public List<TimeSpan> Reactivations { get; } = [];

        /// <summary>When Airwallex first refused it for good.</summary>
        public TimeSpan? RefusedAt { get; set; }

        /// <summary>When its first successor was issued.</summary>
        public TimeSpan? RotatedAt { get; set; }
    }
}
