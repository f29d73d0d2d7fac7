namespace Airwallex.OAuth;

/// <summary>How the application presents itself to Airwallex.</summary>
/// <remarks>
/// Validated when the host starts, or at first use without a host; one message names every fault. A changed value, such
/// as a new client secret, takes effect with the next operation, without a restart. Do not change an instance that is
/// in use.
/// </remarks>
public sealed class AirwallexOAuthOptions
{
    /// <summary>Which Airwallex to talk to. Default: <see cref="AirwallexEnvironment.Demo"/>.</summary>
    public AirwallexEnvironment Environment { get; set; }

    /// <summary>The client id that Airwallex issued to the application, at most 128 characters. Required.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// The client secret that Airwallex issued to the application. Required. It appears in no log, exception or
    /// <see cref="ToString"/>.
    /// </summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>
    /// Where Airwallex sends the customer back to, as registered with Airwallex. Default: null. Only the authorize URL
    /// and the exchange of a code need it, unless the call names one; a worker that only calls the API needs none.
    /// </summary>
    public Uri? RedirectUri { get; set; }

    /// <summary>
    /// The scopes to ask for when an <see cref="AuthorizeRequest"/> names none. Default: empty. A scope is an opaque
    /// word without white space.
    /// </summary>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>
    /// The API version to pin with <c>x-api-version</c>, as <c>YYYY-MM-DD</c>. Default: null, the default of the
    /// connected account.
    /// </summary>
    public string? ApiVersion { get; set; }

    /// <summary>Overrides the environment's authorize endpoint. https, or http on loopback. Default: null.</summary>
    public Uri? AuthorizeEndpoint { get; set; }

    /// <summary>Overrides the environment's token endpoint. https, or http on loopback. Default: null.</summary>
    public Uri? TokenEndpoint { get; set; }

    /// <summary>Overrides the environment's API base address. https, or http on loopback. Default: null.</summary>
    public Uri? ApiBaseAddress { get; set; }

    /// <summary>
    /// Hosts beside that of <see cref="ApiBaseAddress"/> to which an access token may be sent: <c>host</c> (any port)
    /// or <c>host:port</c>. Default: empty. A request to any other host is refused before anything is sent.
    /// </summary>
    public IList<string> AdditionalApiHosts { get; set; } = [];

    /// <summary>
    /// With this much or less of an access token's life left, one refresh starts in the background while requests go
    /// out with the present token. Default: 60 s; never more than half of the token's life. Zero: never in the
    /// background, for hosts that are frozen between requests. At most 1 h.
    /// </summary>
    public TimeSpan RefreshAhead { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long Airwallex lets a superseded refresh token be sent again, for recovery only. Default: 60 s. Change it
    /// only when Airwallex does; a test may set it to 6 s, which divides every other time of the refresh by ten. At
    /// least 1 s, at most 1 h.
    /// </summary>
    /// <remarks>Airwallex's page "Authorize new customers", "Grace period for error recovery".</remarks>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How connections without requests stay alive. Default: on, days 60 to 80 of 90, four at a time.
    /// </summary>
    public KeepAliveOptions KeepAlive { get; set; } = new();

    /// <summary>The client id and environment; never the secret.</summary>
    public override string ToString() =>
        $"AirwallexOAuthOptions {{ ClientId = {ClientId}, Environment = {Environment} }}";
}
