namespace Airwallex.OAuth.Testing;

/// <summary>
/// The rules of Airwallex as a plain, synchronous state machine: accounts, consents, codes, token families and what
/// breaks them. Knows nothing of HTTP; time comes from the given provider and randomness from the given source alone.
/// Thread-safe.
/// </summary>
internal sealed partial class AuthorizationServer
{
    private static readonly string[] s_businessNames =
        ["Harbour & Pine", "Kestrel Supply Co", "Lumen Ceramics", "Northwind Bikes", "Orchard Lane Foods", "Tidewater Studio"];

    private readonly AirwallexSimulatorOptions _options;
    private readonly TimeProvider _time;

    // Guards everything below and the accounts, families, tokens and pending requests in it.
    private readonly object _gate = new();
    private readonly TokenMint _mint;
    private readonly Dictionary<string, SimulatedAccount> _accounts = [];
    private readonly Dictionary<string, AuthorizationCode> _codes = [];
    private readonly Dictionary<string, RefreshToken> _refreshTokens = [];
    private readonly Dictionary<string, AccessToken> _accessTokens = [];
    private readonly HashSet<string> _refusedRefreshTokens = [];
    private readonly HashSet<string> _redirectUris = new(StringComparer.Ordinal);
    private readonly List<BrokenRule> _brokenRules = [];
    private SimulatedAccount? _latestAccount;
    private string? _nextAccountId;
    private string _clientSecret;
    private int _accessTokenLimit = 1024;

    /// <param name="options">Lifetimes, client, replay behaviour. Not copied.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The source of all randomness; used under the server's lock.</param>
    public AuthorizationServer(AirwallexSimulatorOptions options, TimeProvider time, Random random)
    {
        _options = options;
        _time = time;
        _mint = new TokenMint(random);
        _clientSecret = options.ClientSecret;
        Journal = new RequestJournal(options.JournalCapacity);
        foreach (var uri in options.RedirectUris)
        {
            AllowRedirectUri(uri);
        }
    }

    public RequestJournal Journal { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    public IReadOnlyList<BrokenRule> BrokenRules
    {
        get
        {
            lock (_gate)
            {
                return [.. _brokenRules];
            }
        }
    }

    /// <summary>How many rules were broken so far; cheaper than the list.</summary>
    public int BrokenRuleCount
    {
        get
        {
            lock (_gate)
            {
                return _brokenRules.Count;
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

    /// <summary>Notes a breach that was found outside, in the HTTP front end.</summary>
    public void ReportBrokenRule(RuleName rule, string? accountId, string text)
    {
        lock (_gate)
        {
            Break(rule, accountId, text);
        }
    }

    public bool IsClient(string? clientId) => clientId == _options.ClientId;

    public void AllowRedirectUri(Uri uri)
    {
        lock (_gate)
        {
            // A Uri may gain a slash ("http://localhost:5000" -> "http://localhost:5000/"); both spellings are the caller's.
            _redirectUris.Add(uri.OriginalString);
            _redirectUris.Add(uri.AbsoluteUri);
        }
    }

    public bool IsRedirectUriAllowed(string? uri)
    {
        lock (_gate)
        {
            return uri is not null && _redirectUris.Contains(uri);
        }
    }

    public void ChangeClientSecret(string secret)
    {
        lock (_gate)
        {
            _clientSecret = secret;
        }
    }

    /// <summary>Names the account that the next authorization without a screen is for.</summary>
    public void NameNextAccount(string accountId)
    {
        lock (_gate)
        {
            _nextAccountId = accountId;
        }
    }

    /// <summary>
    /// The account of an authorization that nobody chooses on a screen: the one named, else a fresh one when signing up,
    /// else the latest.
    /// </summary>
    public SimulatedAccount TakeAccount(bool signUp)
    {
        lock (_gate)
        {
            if (_nextAccountId is { } named)
            {
                _nextAccountId = null;
                return FindOrCreateAccount(named);
            }
            return signUp || _latestAccount is null ? CreateAccount(null, null) : _latestAccount;
        }
    }

    public SimulatedAccount FindOrCreateAccount(string accountId)
    {
        lock (_gate)
        {
            return _accounts.GetValueOrDefault(accountId) ?? AddAccount(accountId, null, null);
        }
    }

    /// <summary>Creates an account, with the next of the fixed ids when there is one left.</summary>
    public SimulatedAccount CreateAccount(string? businessName, string? email)
    {
        lock (_gate)
        {
            var id = _options.AccountIds.FirstOrDefault(fixedId => !_accounts.ContainsKey(fixedId)) ?? _mint.AccountId();
            return AddAccount(id, businessName, email);
        }
    }

    public SimulatedAccount? FindAccount(string? accountId)
    {
        lock (_gate)
        {
            return accountId is null ? null : _accounts.GetValueOrDefault(accountId);
        }
    }

    public IReadOnlyList<SimulatedAccount> ListAccounts()
    {
        lock (_gate)
        {
            return [.. _accounts.Values];
        }
    }

    /// <summary>What the customer's click on "Authorize" gives: a code for the redirect URI.</summary>
    public string IssueCode(string accountId, string redirectUri, string scope, string? codeChallenge)
    {
        lock (_gate)
        {
            var code = _mint.Code();
            _codes.Add(code, new AuthorizationCode(
                FindOrCreateAccount(accountId), redirectUri, scope, codeChallenge, Now + _options.AuthorizationCodeLifetime));
            return code;
        }
    }

    /// <summary>The user disconnects the application: every token of the account is invalid at once.</summary>
    public void RevokeByUser(string accountId) => ForEachFamily(accountId, family => family.Revoked = true);

    /// <summary>The consenting user loses the admin role: refreshing fails, present access tokens live on.</summary>
    public void RemoveAdminRole(string accountId) => ForEachFamily(accountId, family => family.RoleRemoved = true);

    public SimulatedWebhook CreateWebhook(string secret, string eventName, string accountId)
    {
        lock (_gate)
        {
            var account = Account(accountId);
            return SimulatedWebhook.Create(secret, eventName, "evt_" + _mint.Code(), account, _options.ClientId, Now);
        }
    }

    /// <summary>The account an access token is good for now; null when it is unknown, expired or revoked.</summary>
    public SimulatedAccount? Introspect(string accessToken)
    {
        lock (_gate)
        {
            return _accessTokens.TryGetValue(accessToken, out var token) && !token.Family.Revoked && Now < token.ExpiresAt
                ? token.Family.Account
                : null;
        }
    }

    /// <summary>The refresh token issued last for an account, be it lost or not; null when there is none.</summary>
    public string? CurrentRefreshToken(string accountId)
    {
        lock (_gate)
        {
            return _accounts.GetValueOrDefault(accountId)?.Families.LastOrDefault()?.Current?.Value;
        }
    }

    /// <summary>Whether the rules allow this account to be refreshed with this token now.</summary>
    public bool CanRefresh(string accountId, string refreshToken)
    {
        lock (_gate)
        {
            return _refreshTokens.TryGetValue(refreshToken, out var token)
                && token.Family.Account.Id == accountId
                && Judge(token, Now) is RefreshVerdict.Current or RefreshVerdict.InsideGrace;
        }
    }

    private SimulatedAccount AddAccount(string id, string? businessName, string? email)
    {
        businessName ??= s_businessNames[_mint.Number(s_businessNames.Length)];
        var account = new SimulatedAccount(id, businessName, email ?? "owner@example.com", Now, 100_000 + _mint.Number(5_000_000));
        _accounts.Add(id, account);
        _latestAccount = account;
        return account;
    }

    private void ForEachFamily(string accountId, Action<TokenFamily> action)
    {
        lock (_gate)
        {
            Account(accountId).Families.ForEach(action);
        }
    }

    private SimulatedAccount Account(string accountId) => _accounts.TryGetValue(accountId, out var account)
        ? account
        : throw new ArgumentException($"The simulator knows no account {accountId}: connect it first.", nameof(accountId));

    private void Break(RuleName rule, string? accountId, string text) =>
        _brokenRules.Add(new BrokenRule(rule, accountId, Now, text));
}
