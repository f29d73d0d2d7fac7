namespace Airwallex.OAuth.Testing;

/// <content>Accounts, and what their users do: consent, disconnect, lose a role.</content>
internal sealed partial class AuthorizationServer
{
    private static readonly string[] s_businessNames =
    [
        "Harbour & Pine", "Kestrel Supply Co", "Lumen Ceramics", "Northwind Bikes", "Orchard Lane Foods",
            "Tidewater Studio",
    ];

    /// <summary>Names the account that the next authorization without a page is for.</summary>
    public void NameNextAccount(string accountId)
    {
        lock (_gate)
        {
            _nextAccountId = accountId;
        }
    }

    /// <summary>
    /// The account of an authorization that nobody chooses on a page: the one named, else a fresh one when signing up,
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
            var id = _options.AccountIds.FirstOrDefault(
                fixedId => !_accounts.ContainsKey(fixedId)) ?? _issuer.AccountId();
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

    /// <summary>
    /// What the customer's click on "Authorize" gives: a code for the redirect URI; null for any of the client.
    /// </summary>
    public string IssueCode(
        string accountId, string? redirectUri, string scope, string? codeChallenge, SimulatedClient? client = null)
    {
        lock (_gate)
        {
            var account = FindOrCreateAccount(accountId);
            client ??= DefaultClient;
            if (_options.SecondConsent == SecondConsent.RevokesFirst)
            {
                Revoke(account.Families.Where(family => family.Client == client));
            }

            var code = _issuer.Code();
            var expiresAt = Now + _options.AuthorizationCodeLifetime;
            _codes.Add(code, new AuthorizationCode(account, client, redirectUri, scope, codeChallenge, expiresAt));
            return code;
        }
    }

    /// <summary>
    /// The user disconnects an application, or each of them: its tokens of the account are invalid at once.
    /// </summary>
    public void RevokeByUser(string accountId, SimulatedClient? client = null)
    {
        lock (_gate)
        {
            Revoke(Account(accountId).Families.Where(family => client is null || family.Client == client));
        }
    }

    /// <summary>The consenting user loses the admin role: refreshing fails, present access tokens live on.</summary>
    public void RemoveAdminRole(string accountId)
    {
        lock (_gate)
        {
            Account(accountId).Families.ForEach(family => family.RoleRemoved = true);
        }
    }

    /// <summary>
    /// The consenting user has the admin role again: what was refused for its lack can be tried again.
    /// </summary>
    public void RestoreAdminRole(string accountId)
    {
        lock (_gate)
        {
            var families = Account(accountId).Families;
            families.ForEach(family => family.RoleRemoved = false);
            _refusedRefreshTokens.RemoveWhere(
                token => _refreshTokens.TryGetValue(token, out var known) && families.Contains(known.Family));
        }
    }

    public SimulatedWebhook CreateWebhook(
        string secret, string eventName, string accountId, SimulatedClient? client = null)
    {
        lock (_gate)
        {
            var eventId = "evt_" + _issuer.Code();
            return SimulatedWebhook.Create(
                secret, eventName, eventId, Account(accountId), client ?? DefaultClient, Now);
        }
    }

    /// <summary>The account an access token is good for now; null when it is unknown, expired or revoked.</summary>
    public SimulatedAccount? Introspect(string accessToken)
    {
        lock (_gate)
        {
            if (
                !_accessTokens.TryGetValue(accessToken, out var token) || token.Family.Revoked || Now >= token
                    .ExpiresAt)
            {
                return null;
            }

            OnUsed(token.Family);
            return token.Family.Account;
        }
    }

    /// <summary>The refresh token issued last, whether its response arrived or not; null when there is none.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="client">The client that it was issued to; null for whichever it was.</param>
    public string? CurrentRefreshToken(string accountId, SimulatedClient? client = null)
    {
        lock (_gate)
        {
            return _accounts.GetValueOrDefault(accountId)?.Families
                .LastOrDefault(family => client is null || family.Client == client)?.Current?.Value;
        }
    }

    /// <summary>
    /// Whether the rules allow this account to be refreshed with this token now, by the client it was issued to.
    /// </summary>
    public bool CanRefresh(string accountId, string refreshToken)
    {
        lock (_gate)
        {
            return _refreshTokens.TryGetValue(refreshToken, out var token)
                && token.Family.Account.Id == accountId
                && Judge(token) is RefreshVerdict.Current or RefreshVerdict.InsideGrace;
        }
    }

    // A token of a later consent was used: what that does to the earlier ones is an option.
    private void OnUsed(TokenFamily family)
    {
        if (_options.SecondConsent == SecondConsent.RevokesFirstAtFirstUse)
        {
            Revoke(
                family.Account.Families.TakeWhile(other => other != family)
                    .Where(other => other.Client == family.Client));
        }
    }

    private static void Revoke(IEnumerable<TokenFamily> families)
    {
        foreach (var family in families)
        {
            family.Revoked = true;
        }
    }

    private SimulatedAccount AddAccount(string id, string? businessName, string? email)
    {
        businessName ??= s_businessNames[_issuer.Number(s_businessNames.Length)];
        var wealth = 100_000 + _issuer.Number(5_000_000);
        var account = new SimulatedAccount(id, businessName, email ?? "owner@example.com", Now, wealth);
        _accounts.Add(id, account);
        _latestAccount = account;
        return account;
    }

    private SimulatedAccount Account(string accountId) => _accounts.TryGetValue(accountId, out var account)
        ? account
        : throw new ArgumentException(
            $"The simulator knows no account {accountId}: connect it first.", nameof(accountId));
}
