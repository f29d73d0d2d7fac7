namespace Airwallex.OAuth.Testing;

/// <summary>
/// The rules of Airwallex as a plain, synchronous state machine: clients, accounts, consents, codes, token families and
/// what breaks them. Knows nothing of HTTP; time comes from the given provider and randomness from the given source
/// alone. Thread-safe.
/// </summary>
internal sealed partial class AuthorizationServer
{
    private readonly AirwallexSimulatorOptions _options;
    private readonly TimeProvider _time;

    // Guards everything below and the accounts, families, tokens and pending requests in it.
    private readonly object _gate = new();
    private readonly TokenIssuer _issuer;
    private readonly Dictionary<string, SimulatedClient> _clients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedAccount> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AuthorizationCode> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RefreshToken> _refreshTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccessToken> _accessTokens = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refusedRefreshTokens = new(StringComparer.Ordinal);
    private readonly List<RuleViolation> _violations = [];
    private SimulatedAccount? _latestAccount;
    private string? _nextAccountId;
    private int _accessTokenLimit = 1024;

    /// <param name="options">Lifetimes, the default client, replay behaviour. Not copied.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The source of all randomness; used under the server's lock.</param>
    public AuthorizationServer(AirwallexSimulatorOptions options, TimeProvider time, Random random)
    {
        _options = options;
        _time = time;
        _issuer = new TokenIssuer(random);
        Journal = new RequestJournal(options.JournalCapacity);
        DefaultClient = AddClient(
            options.ClientId, options.ClientSecret, options.ApplicationName, options.RedirectUris);
    }

    public RequestJournal Journal { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>The client of the options.</summary>
    public SimulatedClient DefaultClient { get; }

    public IReadOnlyList<RuleViolation> Violations
    {
        get
        {
            lock (_gate)
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>How many violations there are so far; cheaper than the list.</summary>
    public int ViolationCount
    {
        get
        {
            lock (_gate)
            {
                return _violations.Count;
            }
        }
    }

    /// <summary>How many access tokens are remembered: those alive, and a bounded number of expired ones.</summary>
    public int AccessTokenCount
    {
        get
        {
            lock (_gate)
            {
                return _accessTokens.Count;
            }
        }
    }

    /// <summary>Makes one more client known.</summary>
    /// <param name="clientId">Its id, which no other client has.</param>
    /// <param name="clientSecret">Its secret.</param>
    /// <param name="applicationName">Its name on the consent page; null for that of the default client.</param>
    /// <param name="redirectUris">Its redirect URIs; null for those of the options.</param>
    public SimulatedClient AddClient(
        string clientId, string clientSecret, string? applicationName = null, IEnumerable<Uri>? redirectUris = null)
    {
        var client = new SimulatedClient(
            clientId, clientSecret, applicationName ?? _options.ApplicationName, redirectUris ?? _options.RedirectUris);
        lock (_gate)
        {
            return _clients.TryAdd(clientId, client)
                ? client
                : throw new ArgumentException($"The simulator knows the client {clientId} already.", nameof(clientId));
        }
    }

    public SimulatedClient? FindClient(string? clientId)
    {
        lock (_gate)
        {
            return clientId is null ? null : _clients.GetValueOrDefault(clientId);
        }
    }

    /// <summary>The client that plays an application of a program: the default one, or one made for the name.</summary>
    public SimulatedClient ClientOf(string applicationName)
    {
        var clientId = $"{DefaultClient.ClientId}-{applicationName}";
        lock (_gate)
        {
            return applicationName.Length == 0
                ? DefaultClient
                : FindClient(clientId) ?? AddClient(clientId, $"{_options.ClientSecret}-{applicationName}");
        }
    }

    /// <summary>Records a violation that was found outside, in the HTTP front end.</summary>
    public void ReportViolation(RuleName rule, string? accountId, string text)
    {
        lock (_gate)
        {
            Violate(rule, accountId, text);
        }
    }

    private void Violate(RuleName rule, string? accountId, string text) =>
        _violations.Add(new RuleViolation { Rule = rule, AccountId = accountId, Time = Now, Text = text });
}
