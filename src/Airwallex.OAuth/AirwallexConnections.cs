using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// The connections of the application: connect an account, get an access token that is fresh, disconnect. Injected as a singleton;
/// thread-safe. Applications that call the API through an <see cref="HttpClient"/> with <c>AddAirwallexToken</c> need only
/// <see cref="ConnectAsync"/> and <see cref="DisconnectAsync"/>.
/// </summary>
public sealed class AirwallexConnections
{
    private readonly Accounts _accounts;
    private readonly ConnectionRecords _records;
    private readonly ConnectionRefresher _refresher;
    private readonly AccessTokens _tokens;
    private readonly Func<TokenClient> _tokenClient;
    private readonly IOptionsMonitor<AirwallexOAuthOptions> _options;
    private readonly RefreshRuntime _runtime;
    private readonly ConnectionObservers _observers;
    private readonly ILogger<AirwallexConnections> _logger;

    internal AirwallexConnections(
        Accounts accounts,
        ConnectionRecords records,
        ConnectionRefresher refresher,
        AccessTokens tokens,
        Func<TokenClient> tokenClient,
        IOptionsMonitor<AirwallexOAuthOptions> options,
        RefreshRuntime runtime,
        ConnectionObservers observers,
        ILogger<AirwallexConnections> logger)
    {
        _accounts = accounts;
        _records = records;
        _refresher = refresher;
        _tokens = tokens;
        _tokenClient = tokenClient;
        _options = options;
        _runtime = runtime;
        _observers = observers;
        _logger = logger;
    }

    /// <summary>
    /// Exchanges an authorization code and saves the connection. Connecting an account again replaces its tokens and makes it
    /// <see cref="ConnectionStatus.Active"/>.
    /// </summary>
    /// <param name="code">The code from the redirect, once its state was checked.</param>
    /// <param name="redirectUri">The redirect URI that the code was obtained with. Default: <see cref="AirwallexOAuthOptions.RedirectUri"/>.</param>
    /// <param name="codeVerifier">The verifier of the <see cref="Pkce"/> pair in the authorize URL. Default: none.</param>
    /// <param name="cancellationToken">Gives up waiting. What was sent is still finished: an answer that arrives is saved.</param>
    /// <returns>
    /// The connection as it was saved; or, when the store failed meanwhile and the customer authorized once more, the later one, which stands.
    /// </returns>
    /// <exception cref="ArgumentException">The code is empty, or no redirect URI is known.</exception>
    /// <exception cref="TokenRequestException">Airwallex refused the code, or no answer arrived. Let the customer start again.</exception>
    /// <exception cref="AirwallexOAuthException">The token store fails; the connection is saved as soon as it works again, while this process lives.</exception>
    public async Task<AirwallexConnection> ConnectAsync(
        string code, Uri? redirectUri = null, string? codeVerifier = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(code);
        RedirectUriRule.Choose(redirectUri, _options.CurrentValue);
        cancellationToken.ThrowIfCancellationRequested();

        var connected = new TaskCompletionSource<AirwallexConnection>(_runtime.Continuations);
        _runtime.Start(async () =>
        {
            try
            {
                var tokens = await ExchangeAsync(code, redirectUri, codeVerifier).ConfigureAwait(false);
                connected.TrySetResult(await SaveAsync(tokens, failure => connected.TrySetException(failure)).ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                connected.TrySetException(exception);
            }
        });
        return await connected.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// An access token of the account that is fresh: at once from memory while it lives, after a refresh when it does not. For requests that do not
    /// go through an <see cref="HttpClient"/> with <c>AddAirwallexToken</c>.
    /// </summary>
    /// <param name="accountId">The connected account.</param>
    /// <param name="cancellationToken">Frees this caller alone; a refresh under way goes on.</param>
    /// <exception cref="ConnectionNotFoundException">The account is not connected.</exception>
    /// <exception cref="ReauthorizationRequiredException">The customer must authorize again.</exception>
    /// <exception cref="TokenRequestException">No token is to be had now; see <see cref="TokenRequestException.IsTransient"/>.</exception>
    /// <exception cref="AirwallexOAuthException">The token store fails.</exception>
    public Task<string> GetAccessTokenAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        return _tokens.FindFresh(accountId)?.ValueAsTask ?? WaitForAccessTokenAsync(accountId, cancellationToken);
    }

    /// <summary>Refreshes the account's tokens although they may still be valid, or joins the refresh in flight.</summary>
    /// <param name="accountId">The connected account.</param>
    /// <param name="cancellationToken">Frees this caller alone; the refresh goes on.</param>
    /// <returns>The connection with its new tokens.</returns>
    /// <exception cref="ConnectionNotFoundException">The account is not connected.</exception>
    /// <exception cref="ReauthorizationRequiredException">The customer must authorize again.</exception>
    /// <exception cref="TokenRequestException">The refresh failed; the connection is untouched.</exception>
    /// <exception cref="AirwallexOAuthException">The token store fails.</exception>
    public async Task<AirwallexConnection> RefreshAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        var account = _accounts.Get(accountId);
        return (await _refresher.RunAsync(account, new RefreshNeed(RefreshTrigger.Forced), cancellationToken).ConfigureAwait(false)).Connection;
    }

    /// <summary>
    /// Ends the connection on our side: deletes what is stored and drops the access token. Airwallex documents no way to revoke tokens; they
    /// expire there by themselves. Does nothing when the account is not connected.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Gives up; whether the connection was deleted is then unknown.</param>
    /// <exception cref="AirwallexOAuthException">The token store fails.</exception>
    public async Task DisconnectAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        var account = _accounts.Get(accountId);
        await _records.DeleteAsync(accountId, cancellationToken).ConfigureAwait(false);
        ReportDisconnected(account, "The application disconnected it.");
    }

    /// <summary>
    /// Marks the connection <see cref="ConnectionStatus.Disconnected"/> because Airwallex says that it is, by webhook. No instance
    /// refreshes it again; this one drops its access token at once.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="reason">Why, as a sentence.</param>
    /// <param name="occurredAt">
    /// When it happened. A connection made later is left alone: webhooks arrive late and out of order. Default: null, now.
    /// </param>
    /// <param name="cancellationToken">Gives up; whether the connection was marked is then unknown.</param>
    /// <returns>False when there is no such connection to mark.</returns>
    /// <exception cref="AirwallexOAuthException">The token store fails.</exception>
    public async Task<bool> MarkDisconnectedAsync(
        string accountId, string reason, DateTimeOffset? occurredAt = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);

        var account = _accounts.Get(accountId);
        while (await _records.FindAsync(accountId, cancellationToken).ConfigureAwait(false) is { } current && !(occurredAt < current.ConnectedAt))
        {
            var marked = current with { Status = ConnectionStatus.Disconnected, StatusReason = reason, PendingRefresh = null };
            if (current.Status == ConnectionStatus.Disconnected)
            {
                return true;
            }

            if (await _records.TrySaveAsync(marked, cancellationToken).ConfigureAwait(false))
            {
                ReportDisconnected(account, reason);
                return true;
            }
        }

        return false;
    }

    /// <summary>The connection of an account as it is stored, whatever its status; null when there is none.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="AirwallexOAuthException">The token store fails.</exception>
    public async Task<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        return await _records.FindAsync(accountId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Streams the stored connections, in any order.</summary>
    /// <param name="filter">Which ones. Default: null, all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter? filter = null, CancellationToken cancellationToken = default) =>
        _records.ListAsync(filter ?? new ConnectionFilter(), cancellationToken);

    // Not a local function: its closure would be allocated for callers who need not wait, too.
    private async Task<string> WaitForAccessTokenAsync(string accountId, CancellationToken cancellationToken) =>
        (await _tokens.WaitForFreshAsync(accountId, cancellationToken).ConfigureAwait(false)).Value!;

    /// <summary>
    /// A code is sent again only when it surely was not spent: nothing was sent, or the answer says that the endpoint failed. In the second case the worst
    /// that can come of it is the refusal that giving up would mean anyway.
    /// </summary>
    private async Task<TokenSet> ExchangeAsync(string code, Uri? redirectUri, string? codeVerifier)
    {
        for (var retries = 0; ; retries++)
        {
            TokenRequestException failure;
            try
            {
                return await _tokenClient().ExchangeCodeAsync(code, redirectUri, codeVerifier, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TokenRequestException exception) when (
                exception.IsTransient && (exception.NothingSent || exception.StatusCode is not null) && retries < _options.CurrentValue.MaxRetries)
            {
                failure = exception;
            }

            var options = _options.CurrentValue;
            var pause = _runtime.Backoff(options.RetryBaseDelay, retries, options.MaxRetryDelay);
            await _runtime.Delay(failure.RetryAfter > pause && failure.RetryAfter < options.RefreshLease ? failure.RetryAfter.Value : pause).ConfigureAwait(false);
        }
    }

    // Tokens that were received are never lost while the process lives (invariant 3): saving goes on when the caller has long been told.
    private async Task<AirwallexConnection> SaveAsync(TokenSet tokens, Action<AirwallexOAuthException> tellCaller)
    {
        var account = _accounts.Get(tokens.AccountId);
        var receivedAt = _runtime.Now;
        var connection = new AirwallexConnection
        {
            AccountId = tokens.AccountId,
            Tokens = tokens,
            ConnectedAt = receivedAt,
            RenewAt = RenewalSchedule.RenewAt(tokens, _options.CurrentValue.KeepAlive),
        };
        AirwallexConnection? replaced = null;
        var (isTried, hasFailed) = (false, false);
        var stands = await _records.SwapUntilStoredAsync(
            tokens.AccountId,
            lastRead: null,
            decide: current =>
            {
                // Whatever was connected at the same time or later, while the store failed us, stands: it replaced ours, or may have.
                if (hasFailed && current is not null
                    && (IsSame(current, connection) || IsLater(current, connection) || (isTried && IsAnother(current, replaced))))
                {
                    return current;
                }

                (replaced, isTried) = (current, true);
                return connection with { Version = current?.Version ?? 0 };
            },
            waitFor: static _ => null,
            onFailure: exception =>
            {
                hasFailed = true;
                _logger.SavingFails(tokens.AccountId, exception);
                if (_runtime.Now - receivedAt >= _options.CurrentValue.TokenRequestTimeout)
                {
                    tellCaller(new AirwallexOAuthException(
                        $"Account {tokens.AccountId} authorized, but its connection cannot be saved: the token store fails. Saving is tried for as long as this process lives; repair the store.", exception));
                }
            }).ConfigureAwait(false);

        account.Publish(AccessToken.From(stands!.Tokens, _options.CurrentValue, _runtime));
        (account.Pause, account.Seen) = (null, null);
        _logger.Connected(tokens.AccountId);
        _observers.Notify(ConnectionEventKind.Connected, tokens.AccountId);
        return stands;
    }

    // A write that took effect and reported a failure: the connection stands there, and may have been refreshed by now. What stands must not
    // be overwritten with tokens that are spent. Some databases keep instants to the microsecond only.
    private static bool IsSame(AirwallexConnection current, AirwallexConnection connection) =>
        (current.ConnectedAt - connection.ConnectedAt).Duration() < TimeSpan.FromMilliseconds(1);

    private static bool IsLater(AirwallexConnection current, AirwallexConnection connection) =>
        current.Status == ConnectionStatus.Active && current.ConnectedAt > connection.ConnectedAt;

    // By the clock of another instance it may not be later, but it was not there when ours was written.
    private static bool IsAnother(AirwallexConnection current, AirwallexConnection? replaced) =>
        current.Status == ConnectionStatus.Active && current.ConnectedAt != replaced?.ConnectedAt;

    private void ReportDisconnected(Account account, string reason)
    {
        account.Publish(AccessToken.None());
        (account.Pause, account.Seen) = (null, null);
        _logger.Disconnected(account.Id, reason);
        _observers.Notify(ConnectionEventKind.Disconnected, account.Id, reason);
    }
}
