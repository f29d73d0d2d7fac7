namespace Airwallex.OAuth;

/// <summary>
/// How the application presents itself to Airwallex, and how carefully its refresh tokens are handled.
/// </summary>
/// <remarks>
/// Validated when the host starts; every fault is named in one message. A changed value, a new client secret above all,
/// takes effect from the next token request on, without a restart. Not to be changed by hand once in use.
/// </remarks>
public sealed class AirwallexOAuthOptions
{
    /// <summary>Which Airwallex to talk to. Default: <see cref="AirwallexEnvironment.Demo"/>.</summary>
    public AirwallexEnvironment Environment { get; set; }

    /// <summary>The client id that Airwallex issued to the application. Required.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The client secret that Airwallex issued to the application. Required. It never appears in a log, an exception or <see cref="ToString"/>.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>
    /// Where Airwallex sends the customer back to, as whitelisted with Airwallex. Required by what uses it: the authorize
    /// URL and the exchange of a code, unless the call names one itself. A worker that only calls the API needs none.
    /// </summary>
    public Uri? RedirectUri { get; set; }

    /// <summary>The scopes asked for when an <see cref="AuthorizeRequest"/> names none. Default: empty. A scope is an opaque word without white space.</summary>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>The API version to pin with <c>x-api-version</c>, as <c>YYYY-MM-DD</c>. Default: null, the default of the connected account.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>Overrides the environment's authorize endpoint. https, or http on loopback. Default: null.</summary>
    public Uri? AuthorizeEndpoint { get; set; }

    /// <summary>Overrides the environment's token endpoint. https, or http on loopback. Default: null.</summary>
    public Uri? TokenEndpoint { get; set; }

    /// <summary>Overrides the environment's API base address. https, or http on loopback. Default: null.</summary>
    public Uri? ApiBaseAddress { get; set; }

    /// <summary>
    /// Hosts beside that of <see cref="ApiBaseAddress"/> to which an access token may be sent: <c>host</c> (any port) or
    /// <c>host:port</c>. Default: empty. Any other host is refused before anything is sent.
    /// </summary>
    public IList<string> AdditionalApiHosts { get; set; } = [];

    /// <summary>
    /// With this much or less of an access token's life left, one refresh starts in the background while requests go out with
    /// the present token. Default: 60 s; never more than half of the token's life.
    /// </summary>
    public TimeSpan RefreshAhead { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// With this much or less left, a request waits for a new access token, so that none expires on its way.
    /// Default: 10 s; never more than a tenth of the token's life. Less than <see cref="RefreshAhead"/>.
    /// </summary>
    public TimeSpan ExpirySkew { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one instance may work on a connection before another takes over. Default: 20 s. Less than <see cref="GracePeriod"/>,
    /// so that a crashed instance's refresh is repeated while Airwallex still forgives it.
    /// </summary>
    public TimeSpan RefreshLease { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// No send lasts longer than until this long before the end of the lease: room for differing clocks and stalls.
    /// Default: null, which is 30 % of <see cref="RefreshLease"/> (6 s of 20 s).
    /// </summary>
    public TimeSpan? LeaseMargin { get; set; }

    /// <summary>
    /// How long Airwallex lets a superseded refresh token be sent again, for recovery only. Default: 60 s.
    /// Change it only when Airwallex does.
    /// </summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// No send of a refresh token that may be spent lasts longer than until this long before the end of the grace period.
    /// Default: null, which is 7/60 of <see cref="GracePeriod"/> (7 s of 60 s).
    /// </summary>
    public TimeSpan? GraceMargin { get; set; }

    /// <summary>
    /// The time limit of one token request, connecting included. Default: 8 s. Fits into <see cref="RefreshLease"/> less
    /// <see cref="LeaseMargin"/>.
    /// </summary>
    public TimeSpan TokenRequestTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How often a token request that failed in passing (500, 503, time-out, broken connection, 429) is repeated within one
    /// refresh, lease and grace period permitting. Default: 3. 0 means once and no more.
    /// </summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>The pause before the first repetition; it doubles each time, with jitter. Default: 0.5 s.</summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause between two repetitions. Default: 5 s.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What to do with a refresh whose answer was lost when the grace period is over. Default: <see cref="GraceExceededBehavior.Attempt"/>.</summary>
    public GraceExceededBehavior GraceExceeded { get; set; } = GraceExceededBehavior.Attempt;

    /// <summary>How connections without requests stay alive, and how interrupted refreshes are recovered.</summary>
    public KeepAliveOptions KeepAlive { get; set; } = new();

    /// <summary>The client id and environment; never the secret.</summary>
    public override string ToString() => $"AirwallexOAuthOptions {{ Environment = {Environment}, ClientId = {ClientId}, ClientSecret = *** }}";
}
