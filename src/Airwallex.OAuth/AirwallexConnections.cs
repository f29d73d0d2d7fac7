using System.Runtime.CompilerServices;

namespace Airwallex.OAuth;

/// <summary>
/// The connections of the application: connect an account, get an access token that is fresh, disconnect. Injected as a
/// singleton; thread-safe. Programs that call the API through an <see cref="HttpClient"/> with <c>AddAirwallexToken</c>
/// need only <see cref="ConnectAsync"/> and <see cref="DisconnectAsync"/>.
/// </summary>
/// <remarks>
/// <para>What was sent belongs to no caller: cancelling a call frees that caller alone, and a response that arrives is
/// saved all the same. No call that waits for a refresh waits longer than 30 s; it then gets a transient
/// <see cref="AirwallexOAuthException"/> while the refresh goes on.</para>
/// <para>Every method throws <see cref="ArgumentException"/> for an account id that is empty, longer than 255
/// characters, or has control characters or white space at an end; and <see cref="AirwallexOAuthException"/> when the
/// token store fails (<see cref="AirwallexOAuthException.IsTransient"/>) or when the account is connected under a
/// client id that no application of this process has.</para>
/// <para>Members are virtual and a constructor is protected, so that the class can be mocked.</para>
/// </remarks>
public class AirwallexConnections
{
    private readonly AirwallexApplication _application = null!;

    /// <summary>For mocks.</summary>
    protected AirwallexConnections()
    {
    }

    internal AirwallexConnections(AirwallexApplication application) => _application = application;

    /// <summary>
    /// Exchanges an authorization code and saves the connection. Connecting an account again replaces its tokens and
    /// makes it <see cref="ConnectionStatus.Active"/>.
    /// </summary>
    /// <param name="code">The code from the redirect, once its state was checked. It is good once.</param>
    /// <param name="options">Redirect URI, PKCE verifier, and what is to run before the first save. Default: null,
    /// none of them.</param>
    /// <param name="cancellationToken">Cancels the wait; the exchange and the save go on, and a failure is
    /// logged.</param>
    /// <returns>
    /// The connection as it was saved; or, when the store failed meanwhile and the customer authorized once more, the
    /// later one.
    /// </returns>
    /// <exception cref="ArgumentException">The code is empty, or no redirect URI is known.</exception>
    /// <exception cref="TokenRequestException">
    /// Airwallex refused the code, or no response arrived within 60 s. Let the customer start again.
    /// </exception>
    /// <exception cref="AirwallexOAuthException">
    /// The token store fails; the connection is saved as soon as it works again, while this process lives.
    /// </exception>
    /// <remarks>Airwallex's page "Authorize new customers", "Exchange authorization code for tokens"; RFC 6749,
    /// section 4.1.3.</remarks>
    public virtual Task<AirwallexConnection> ConnectAsync(
        string code, ConnectOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(code);
        options ??= new ConnectOptions();
        var current = _application.Options;
        RedirectUriRule.Choose(options.RedirectUri, current);
        cancellationToken.ThrowIfCancellationRequested();

        var operation = new ConnectOperation(_application, current, code, options);
        _application.Tasks.Start(operation.RunAsync);
        return operation.Result.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// An access token of the account that is fresh: at once from memory while it lives, after a refresh when it does
    /// not. For requests that do not go through an <see cref="HttpClient"/> with <c>AddAirwallexToken</c>.
    /// </summary>
    /// <param name="accountId">The connected account.</param>
    /// <param name="cancellationToken">Cancels the wait; a refresh under way goes on.</param>
    /// <exception cref="ConnectionNotFoundException">The account is not connected.</exception>
    /// <exception cref="ReauthorizationRequiredException">The customer must authorize again.</exception>
    /// <exception cref="TokenRequestException">There is no token now; see
    /// <see cref="AirwallexOAuthException.IsTransient"/>.</exception>
    public virtual Task<string> GetAccessTokenAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);
        return _application.Tokens.FindFresh(accountId, _application.Options)?
            .ValueAsTask ?? WaitForAccessTokenAsync(accountId, cancellationToken);
    }

    /// <summary>Refreshes the account's tokens although they may still be valid.</summary>
    /// <param name="accountId">The connected account.</param>
    /// <param name="cancellationToken">Cancels the wait; the refresh goes on.</param>
    /// <returns>The connection with tokens that were issued after this call.</returns>
    /// <exception cref="ConnectionNotFoundException">The account is not connected.</exception>
    /// <exception cref="ReauthorizationRequiredException">The customer must authorize again.</exception>
    /// <exception cref="TokenRequestException">The refresh failed; the connection is untouched.</exception>
    /// <remarks>Airwallex's page "Authorize new customers", "Refresh access tokens"; RFC 6749, section 6.</remarks>
    public virtual async Task<AirwallexConnection> RefreshAsync(
        string accountId, CancellationToken cancellationToken = default)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        var result = await _application.RefreshAsync(
            accountId, RefreshTrigger.Forced, cancellationToken).ConfigureAwait(false);
        return result.Connection.ToConnection();
    }

    /// <summary>
    /// Disconnects the account on our side: deletes what is stored and drops the access token. Airwallex documents no
    /// way to revoke tokens; they expire there by themselves. Does nothing when the account is not connected. A
    /// connection that is made meanwhile stays.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Cancels the deletion; whether it took effect is then unknown.</param>
    public virtual Task DisconnectAsync(string accountId, CancellationToken cancellationToken = default)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        return _application.Changes.DisconnectAsync(accountId, cancellationToken);
    }

    /// <summary>
    /// Tells that Airwallex reported a disconnection, by webhook. A report is a hint: the access token is dropped, and
    /// a refresh in the background asks for the proof. If Airwallex refuses the refresh token, the connection becomes
    /// <see cref="ConnectionStatus.Disconnected"/> with <paramref name="reason"/>; if it does not, nothing changes.
    /// Replays and late reports therefore do no harm. Returns when the report is stored, so that a crash does not
    /// forget it.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="reason">Why, as a sentence.</param>
    /// <param name="cancellationToken">Cancels the store calls; whether the report was stored is then unknown.</param>
    /// <returns>False when no connection of the account is stored.</returns>
    /// <remarks>Airwallex's webhook events <c>connection.disconnected</c> and
    /// <c>partner_connection.disconnected</c>.</remarks>
    public virtual Task<bool> ReportDisconnectionAsync(
        string accountId, string reason, CancellationToken cancellationToken = default)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return _application.Changes.ReportDisconnectionAsync(accountId, reason, cancellationToken);
    }

    /// <summary>The connection of an account as it is stored, whatever its status; null when there is none.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public virtual async Task<AirwallexConnection?> FindAsync(
        string accountId, CancellationToken cancellationToken = default)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        var key = new ConnectionKey { AccountId = accountId, ClientId = _application.Options.ClientId };
        var found = await _application.Store.FindAsync(key, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            await _application.Changes.ThrowIfForeignAsync(key, cancellationToken).ConfigureAwait(false);
        }

        return found?.ToConnection();
    }

    /// <summary>Streams the stored connections of this application, page by page, in any order.</summary>
    /// <param name="status">
    /// Only connections with this status; <see cref="ConnectionStatus.Unreadable"/> reads all to find them. Default:
    /// null, any.
    /// </param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public virtual async IAsyncEnumerable<AirwallexConnection> ListAsync(
        ConnectionStatus? status = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var query = new ConnectionQuery
        {
            ClientId = _application.Options.ClientId,
            Status = status == ConnectionStatus.Unreadable ? null : status,
        };
        await foreach (var page in _application.PagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in await _application.Store.ReadAsync(page, cancellationToken).ConfigureAwait(false))
            {
                var connection = row.ToConnection();
                if (status != ConnectionStatus.Unreadable || connection.Status == status)
                {
                    yield return connection;
                }
            }
        }
    }

    /// <summary>Counts the stored connections of this application.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    public virtual Task<ConnectionSummary> SummarizeAsync(CancellationToken cancellationToken = default) =>
        _application.Changes.SummarizeAsync(cancellationToken);

    /// <summary>
    /// Takes up an ended connection with the refresh token that it still has: makes it active and refreshes it at once.
    /// For a person to call, when a connection ended by mistake: nothing ends for good. An active connection is
    /// refreshed.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Cancels the wait; the refresh goes on.</param>
    /// <returns>The connection, active.</returns>
    /// <exception cref="ConnectionNotFoundException">The account is not connected.</exception>
    /// <exception cref="ReauthorizationRequiredException">Airwallex refused the refresh token again.</exception>
    /// <exception cref="TokenRequestException">The refresh failed; it will be tried again.</exception>
    public virtual async Task<AirwallexConnection> ReactivateAsync(
        string accountId, CancellationToken cancellationToken = default)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        await _application.Changes.ReactivateAsync(accountId, cancellationToken).ConfigureAwait(false);
        var result = await _application.RefreshAsync(
            accountId, RefreshTrigger.Forced, cancellationToken).ConfigureAwait(false);
        return result.Connection.ToConnection();
    }

    /// <summary>
    /// Takes over a refresh token that another program has kept until now. Nothing is sent; call
    /// <see cref="RefreshAsync"/> at once to see that it works. The other program must not use the token any more. Safe
    /// to call again.
    /// </summary>
    /// <param name="accountId">The account that the token belongs to.</param>
    /// <param name="refreshToken">The refresh token issued last: 1 to 8,192 visible ASCII characters.</param>
    /// <param name="refreshTokenExpiresAt">When it expires. Default: null, unknown: it is renewed within a day.</param>
    /// <param name="cancellationToken">Cancels the save; whether it took effect is then unknown.</param>
    /// <returns>False, and nothing changed, when an active connection of the account is stored.</returns>
    /// <exception cref="ArgumentException">The refresh token is malformed.</exception>
    public virtual Task<bool> TryImportAsync(
        string accountId,
        string refreshToken,
        DateTimeOffset? refreshTokenExpiresAt = null,
        CancellationToken cancellationToken = default)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        ArgumentNullException.ThrowIfNull(refreshToken);
        return TokenRequest.IsSound(refreshToken)
            ? _application.Changes.TryImportAsync(accountId, refreshToken, refreshTokenExpiresAt, cancellationToken)
            : throw new ArgumentException(
                $"The refresh token of account {accountId} is malformed: it must be 1 to 8,192 visible ASCII " +
                $"characters.",
                nameof(refreshToken));
    }

    /// <summary>
    /// One round of the keep-alive: finishes refreshes that were left unfinished and renews what is due. For programs
    /// without a host: a cron job or a timer-triggered function calls it at least once a day. A host does this by
    /// itself. Without one, observers have been told when it returns, since the program may end then.
    /// </summary>
    /// <param name="cancellationToken">Starts nothing more; what is in flight is awaited all the same.</param>
    public virtual Task<KeepAliveResult> KeepAliveAsync(CancellationToken cancellationToken = default) =>
        _application.KeepAliveOnceAsync(cancellationToken);

    // Not a local function: its closure would be allocated for callers who need not wait, too.
    private async Task<string> WaitForAccessTokenAsync(string accountId, CancellationToken cancellationToken)
    {
        AccountIdRule.Check(accountId, nameof(accountId));
        return (await _application.Tokens.WaitForFreshAsync(accountId, cancellationToken).ConfigureAwait(false)).Value!;
    }
}
