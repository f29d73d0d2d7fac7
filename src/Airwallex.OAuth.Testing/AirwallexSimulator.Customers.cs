using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.Testing;

/// <content>What customers do: authorize, decline, disconnect.</content>
public sealed partial class AirwallexSimulator
{
    /// <summary>
    /// Does what a customer does who signs up or logs in and consents, without a browser. The account is the one given
    /// to <see cref="NextAccount"/>; else a fresh one when the URL says <c>sign_up=true</c>; else the latest one.
    /// </summary>
    /// <param name="authorizeUrl">The URL that the customer was to be sent to.</param>
    /// <returns>The URL that the customer's browser is sent back to, with <c>code</c> and <c>state</c>.</returns>
    /// <exception cref="InvalidOperationException">Airwallex would refuse the request; the message says
    /// why.</exception>
    public string Authorize(Uri authorizeUrl)
    {
        var request = ParseAuthorizeUrl(authorizeUrl);
        return _endpoints.AuthorizeEndpoint.Grant(request, Server.TakeAccount(request.SignUp).Id);
    }

    /// <summary>Does what a customer does who clicks on "Decline".</summary>
    /// <param name="authorizeUrl">The URL that the customer was to be sent to.</param>
    /// <returns>The URL that the customer's browser is sent back to, with <c>error=access_denied</c> and
    /// <c>state</c>.</returns>
    /// <exception cref="InvalidOperationException">Airwallex would refuse the request; the message says
    /// why.</exception>
    public string Decline(Uri authorizeUrl) => Testing.AuthorizeEndpoint.Decline(ParseAuthorizeUrl(authorizeUrl));

    /// <summary>Names the account that the next authorization without pages is for; it is created if need be.</summary>
    /// <param name="accountId">The account's id.</param>
    public void NextAccount(string accountId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        Server.NameNextAccount(accountId);
    }

    /// <summary>An authorization code, ready to be exchanged, without an authorize URL.</summary>
    /// <param name="accountId">The account, created if need be; null for a fresh one.</param>
    /// <param name="redirectUri">The redirect URI that it is bound to; null for any of the client.</param>
    /// <param name="scopes">The scopes; null for the one that reads balances.</param>
    /// <param name="codeChallenge">A PKCE challenge (S256); null for none.</param>
    /// <param name="client">The application that is authorized; null for <see cref="DefaultClient"/>.</param>
    /// <exception cref="ArgumentException">The redirect URI is not whitelisted.</exception>
    public string ConnectAccount(
        string? accountId = null,
        Uri? redirectUri = null,
        IEnumerable<string>? scopes = null,
        string? codeChallenge = null,
        SimulatedClient? client = null)
    {
        client ??= DefaultClient;
        if (redirectUri is not null && !client.Allows(redirectUri.OriginalString))
        {
            throw new ArgumentException(
                $"The redirect URI {redirectUri} is not whitelisted for client {client}: call its AllowRedirectUri.",
                nameof(redirectUri));
        }

        var account = accountId is null ? Server.CreateAccount(null, null) : Server.FindOrCreateAccount(accountId);
        var scope = scopes is null ? "r:awx_action:balances_view" : string.Join(' ', scopes);
        return Server.IssueCode(account.Id, redirectUri?.OriginalString, scope, codeChallenge, client);
    }

    /// <summary>
    /// Connects an account to the program under test, as the connect flow does after the customer has authorized: the
    /// shortest way to a connection in a test.
    /// </summary>
    /// <param name="connections">The facade of the program under test.</param>
    /// <param name="accountId">The account, created if need be.</param>
    /// <param name="client">The application that the facade belongs to; null for <see cref="DefaultClient"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; the connection may be saved all the same.</param>
    /// <returns>The connection, as the facade returned it.</returns>
    public Task<AirwallexConnection> ConnectAsync(
        AirwallexConnections connections,
        string accountId,
        SimulatedClient? client = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connections);
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        client ??= DefaultClient;
        var options = new ConnectOptions { RedirectUri = client.RedirectUris is [var first, ..] ? first : null };
        return connections.ConnectAsync(ConnectAccount(accountId, client: client), options, cancellationToken);
    }

    /// <summary>
    /// The user disconnects an application: its tokens of the account are invalid at once. It can be authorized again.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="client">The application; null for every one.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public void RevokeByUser(string accountId, SimulatedClient? client = null) =>
        Server.RevokeByUser(accountId, client);

    /// <summary>
    /// The user who consented loses the admin role: refreshing fails from now on, access tokens live until they expire.
    /// The account can be authorized again (by another admin).
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public void RemoveAdminRole(string accountId) => Server.RemoveAdminRole(accountId);

    /// <summary>
    /// The user has the admin role again: refreshing with the same refresh tokens succeeds again, as after
    /// <see cref="AirwallexConnections.ReactivateAsync"/>.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public void RestoreAdminRole(string accountId) => Server.RestoreAdminRole(accountId);

    /// <summary>
    /// Makes a webhook about an account, signed and dated now. It is not sent, and it changes nothing: to disconnect an
    /// account as well, call <see cref="RevokeByUser"/>.
    /// </summary>
    /// <param name="secret">The webhook's secret; never a real one.</param>
    /// <param name="eventName"><c>connection.disconnected</c>, <c>partner_connection.disconnected</c>, or any
    /// other.</param>
    /// <param name="accountId">The account.</param>
    /// <param name="client">The application; null for <see cref="DefaultClient"/>.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public SimulatedWebhook CreateWebhook(
        string secret, string eventName, string accountId, SimulatedClient? client = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        return Server.CreateWebhook(secret, eventName, accountId, client);
    }

    /// <summary>The refresh token issued last, whether its response arrived or not; null when there is none.</summary>
    internal string? CurrentRefreshToken(string accountId, SimulatedClient? client = null) =>
        Server.CurrentRefreshToken(accountId, client);

    /// <summary>Whether the rules allow this account to be refreshed with this token now.</summary>
    internal bool CanRefresh(string accountId, string refreshToken) => Server.CanRefresh(accountId, refreshToken);

    private AuthorizeParameters ParseAuthorizeUrl(Uri authorizeUrl)
    {
        ArgumentNullException.ThrowIfNull(authorizeUrl);
        var query = new QueryCollection(QueryHelpers.ParseQuery(authorizeUrl.Query));
        var request = AuthorizeParameters.Parse(query);
        return _endpoints.AuthorizeEndpoint.Refuse(request) is { } refusal
            ? throw new InvalidOperationException($"Airwallex would refuse this authorize request ({refusal.Error}).")
            : request;
    }
}
