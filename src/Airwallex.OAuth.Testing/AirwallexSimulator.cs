using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// A simulated Airwallex for tests and samples: the authorize pages, the token endpoint with rotation, grace period and
/// family revocation, a little of the API, faults on demand, a journal of every request, and a list of the rules that
/// were broken. It runs on a loopback port (<see cref="StartAsync"/>) or without any socket
/// (<see cref="CreateHandler"/>), on any <see cref="TimeProvider"/>. It never talks to Airwallex. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// using var http = new HttpClient(simulator.CreateHandler());
/// … the code under test …
/// simulator.AssertNoBrokenRules();
/// </code>
/// </example>
public sealed class AirwallexSimulator : IAsyncDisposable
{
    private readonly AirwallexSimulatorOptions _options;
    private readonly SimulatorEndpoints _endpoints;
    private LoopbackHost? _host;

    /// <summary>
    /// A simulator that listens on no port: reach it through <see cref="CreateHandler"/>, or map it into an app of yours
    /// with <see cref="AirwallexSimulatorEndpointRouteBuilderExtensions.MapAirwallexSimulator"/>.
    /// </summary>
    /// <param name="options">What it is to be like; null for Airwallex's documented behaviour.</param>
    /// <param name="timeProvider">The clock for lifetimes, the grace period and delays; null for the system's.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public AirwallexSimulator(AirwallexSimulatorOptions? options = null, TimeProvider? timeProvider = null)
    {
        _options = options ?? new AirwallexSimulatorOptions();
        _options.Validate();
        timeProvider ??= TimeProvider.System;
        // A simulator hands out tokens for nothing real; being repeatable is worth more here than being unpredictable.
        var random = _options.Seed is { } seed ? new Random(seed) : new Random();
        Server = new AuthorizationServer(_options, timeProvider, random);
        _endpoints = new SimulatorEndpoints(Server, Faults, timeProvider, _options);
    }

    /// <summary>Starts a simulator on a loopback port. It stops when it is disposed.</summary>
    /// <param name="options">What it is to be like; null for Airwallex's documented behaviour.</param>
    /// <param name="timeProvider">The clock for lifetimes, the grace period and delays; null for the system's.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="IOException">The port of the options is taken.</exception>
    public static async Task<AirwallexSimulator> StartAsync(
        AirwallexSimulatorOptions? options = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        var simulator = new AirwallexSimulator(options, timeProvider);
        simulator._host = await LoopbackHost
            .StartAsync(simulator._options.Port, simulator.HandleAsync, cancellationToken).ConfigureAwait(false);
        simulator.BaseAddress = simulator._host.Address;
        return simulator;
    }

    /// <summary>
    /// Where it is: <c>http://127.0.0.1:port/</c> when started, else <c>http://localhost/</c>, to which only its handlers
    /// lead.
    /// </summary>
    public Uri BaseAddress { get; private set; } = new("http://localhost/");

    /// <summary>The page to send the customer's browser to.</summary>
    public Uri AuthorizeEndpoint => new(BaseAddress, SimulatorEndpoints.AuthorizePath);

    /// <summary>The token endpoint.</summary>
    public Uri TokenEndpoint => new(BaseAddress, SimulatorEndpoints.TokenPath);

    /// <summary>The API's base address, below which <c>api/v1/account</c> and <c>api/v1/balances/current</c> are.</summary>
    public Uri ApiBaseAddress => BaseAddress;

    /// <summary>What is to go wrong.</summary>
    public SimulatorFaults Faults { get; } = new();

    /// <summary>Every request so far, in order of arrival; a request appears when it has ended. A copy.</summary>
    public IReadOnlyList<JournalEntry> Journal => Server.Journal.Snapshot();

    /// <summary>Every rule that was broken so far. A copy.</summary>
    public IReadOnlyList<BrokenRule> BrokenRules => Server.BrokenRules;

    /// <summary>
    /// How many requests a delay of <see cref="Faults"/> holds back at this moment. A test on a fake clock waits for it
    /// before it advances the clock, lest the clock moves before the delay has begun.
    /// </summary>
    public int RequestsHeldBack => _endpoints.HeldBack;

    internal AuthorizationServer Server { get; }

    /// <summary>Throws when a rule of Airwallex was broken.</summary>
    /// <exception cref="InvalidOperationException">One or more were; the message lists them all.</exception>
    public void AssertNoBrokenRules()
    {
        if (BrokenRules is { Count: > 0 } broken)
        {
            throw new InvalidOperationException(
                $"{broken.Count} rule(s) of Airwallex were broken:{Environment.NewLine}{string.Join(Environment.NewLine, broken)}");
        }
    }

    /// <summary>
    /// A handler that leads every request, whatever its host, to this simulator, without a socket. Give it to an
    /// <see cref="HttpClient"/> as its primary handler. It follows no redirects. Dispose it or not: it holds nothing.
    /// </summary>
    public HttpMessageHandler CreateHandler() => new InMemoryHandler(HandleAsync);

    /// <summary>
    /// Does what a customer does who signs up or logs in and consents, without a browser. The account is the one given
    /// to <see cref="NextAccount"/>; else a fresh one when the URL says <c>sign_up=true</c>; else the latest one.
    /// </summary>
    /// <param name="authorizeUrl">The URL the customer was to be sent to.</param>
    /// <returns>The URL the customer's browser is sent back to, with <c>code</c> and <c>state</c>.</returns>
    /// <exception cref="InvalidOperationException">Airwallex would refuse the request; the message says why.</exception>
    public string Authorize(Uri authorizeUrl)
    {
        var request = ParseAuthorizeUrl(authorizeUrl);
        return _endpoints.AuthorizeEndpoint.Grant(request, Server.TakeAccount(request.SignUp).Id);
    }

    /// <summary>Does what a customer does who clicks on "Decline".</summary>
    /// <param name="authorizeUrl">The URL the customer was to be sent to.</param>
    /// <returns>The URL the customer's browser is sent back to, with <c>error=access_denied</c> and <c>state</c>.</returns>
    /// <exception cref="InvalidOperationException">Airwallex would refuse the request; the message says why.</exception>
    public string Decline(Uri authorizeUrl) => Testing.AuthorizeEndpoint.Decline(ParseAuthorizeUrl(authorizeUrl));

    /// <summary>Names the account that the next authorization without screens is for; it is created if need be.</summary>
    /// <param name="accountId">The account's id.</param>
    public void NextAccount(string accountId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId);
        Server.NameNextAccount(accountId);
    }

    /// <summary>An authorization code, ready to be exchanged, without an authorize URL.</summary>
    /// <param name="accountId">The account, created if need be; null for a fresh one.</param>
    /// <param name="redirectUri">The redirect URI it is for; null for the first whitelisted one.</param>
    /// <param name="scopes">The scopes; null for the one that reads balances.</param>
    /// <param name="codeChallenge">A PKCE challenge (S256); null for none.</param>
    /// <exception cref="ArgumentException">The redirect URI is not whitelisted.</exception>
    public string ConnectAccount(
        string? accountId = null, Uri? redirectUri = null, IEnumerable<string>? scopes = null, string? codeChallenge = null)
    {
        redirectUri ??= _options.RedirectUris is [var first, ..] ? first : null;
        if (redirectUri is null || !Server.IsRedirectUriAllowed(redirectUri.OriginalString))
        {
            throw new ArgumentException($"The redirect URI {redirectUri} is not whitelisted: see AllowRedirectUri.", nameof(redirectUri));
        }
        var account = accountId is null ? Server.CreateAccount(null, null) : Server.FindOrCreateAccount(accountId);
        var scope = scopes is null ? "r:awx_action:balances_view" : string.Join(' ', scopes);
        return Server.IssueCode(account.Id, redirectUri.OriginalString, scope, codeChallenge);
    }

    /// <summary>Whitelists one more redirect URI, such as that of an app whose port was not known before.</summary>
    /// <param name="redirectUri">The absolute redirect URI.</param>
    public void AllowRedirectUri(Uri redirectUri)
    {
        ArgumentNullException.ThrowIfNull(redirectUri);
        Server.AllowRedirectUri(redirectUri);
    }

    /// <summary>Changes the client secret that the token endpoint asks for, from now on.</summary>
    /// <param name="clientSecret">The new one. Never put a real one here.</param>
    public void ChangeClientSecret(string clientSecret)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(clientSecret);
        Server.ChangeClientSecret(clientSecret);
    }

    /// <summary>
    /// The user disconnects the application: every token of the account is invalid at once. It can be authorized again.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public void RevokeByUser(string accountId) => Server.RevokeByUser(accountId);

    /// <summary>
    /// The user who consented loses the admin role: refreshing fails from now on, access tokens live until they expire.
    /// The account can be authorized again (by another admin).
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public void RemoveAdminRole(string accountId) => Server.RemoveAdminRole(accountId);

    /// <summary>
    /// Makes a webhook about an account, signed and dated now. It is not sent, and it changes nothing: to disconnect an
    /// account as well, call <see cref="RevokeByUser"/>.
    /// </summary>
    /// <param name="secret">The webhook's secret; never a real one.</param>
    /// <param name="eventName"><c>connection.disconnected</c>, <c>partner_connection.disconnected</c>, or any other.</param>
    /// <param name="accountId">The account.</param>
    /// <exception cref="ArgumentException">The simulator does not know the account.</exception>
    public SimulatedWebhook CreateWebhook(string secret, string eventName, string accountId)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        return Server.CreateWebhook(secret, eventName, accountId);
    }

    /// <summary>Stops listening; requests in flight are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _host, null) is { } host)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The refresh token issued last for an account, be it that its answer was lost; null when there is none.</summary>
    internal string? CurrentRefreshToken(string accountId) => Server.CurrentRefreshToken(accountId);

    /// <summary>Whether the rules allow this account to be refreshed with this token now.</summary>
    internal bool CanRefresh(string accountId, string refreshToken) => Server.CanRefresh(accountId, refreshToken);

    internal Task HandleAsync(HttpContext context) => _endpoints.HandleAsync(context);

    private AuthorizeRequest ParseAuthorizeUrl(Uri authorizeUrl)
    {
        ArgumentNullException.ThrowIfNull(authorizeUrl);
        var query = new QueryCollection(QueryHelpers.ParseQuery(authorizeUrl.Query));
        var request = AuthorizeRequest.Parse(query);
        return _endpoints.AuthorizeEndpoint.Refuse(request) is { } refusal
            ? throw new InvalidOperationException($"Airwallex would refuse this authorize request ({refusal.Error}).")
            : request;
    }
}
