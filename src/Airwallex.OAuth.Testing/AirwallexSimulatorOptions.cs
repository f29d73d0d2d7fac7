namespace Airwallex.OAuth.Testing;

/// <summary>
/// How an <see cref="AirwallexSimulator"/> behaves. Read when the simulator is made. Every default is what Airwallex
/// documents, so <c>new AirwallexSimulatorOptions()</c> behaves like Airwallex.
/// </summary>
public sealed class AirwallexSimulatorOptions
{
    /// <summary>
    /// The id of <see cref="AirwallexSimulator.DefaultClient"/>. Default: <c>simulated-client-id</c>. More clients are
    /// added with <see cref="AirwallexSimulator.AddClient"/>.
    /// </summary>
    public string ClientId { get; init; } = "simulated-client-id";

    /// <summary>
    /// The secret of that client. Default: <c>simulated-client-secret</c>. Never put a real one here.
    /// </summary>
    public string ClientSecret { get; init; } = "simulated-client-secret";

    /// <summary>The application's name on the consent page. Default: <c>Your application</c>.</summary>
    public string ApplicationName { get; init; } = "Your application";

    /// <summary>
    /// The whitelisted redirect URIs, compared exactly. Default: <c>http://localhost/callback</c> alone. More are added
    /// to a running simulator with <see cref="SimulatedClient.AllowRedirectUri"/>.
    /// </summary>
    public IReadOnlyList<Uri> RedirectUris { get; init; } = [new("http://localhost/callback")];

    /// <summary>
    /// Whether <c>/oauth/authorize</c> skips its pages and redirects at once with a code. Default: false: the pages are
    /// shown.
    /// </summary>
    public bool AutoConsent { get; init; }

    /// <summary>How long an access token is valid. Default: 300 seconds.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long a refresh token is valid. Default: 90 days.</summary>
    public TimeSpan RefreshTokenLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long a superseded refresh token can still be used, from the moment its first successor was issued.
    /// Default: 60 seconds. Its use after that revokes the whole token family.
    /// </summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an authorization code can be exchanged. Default: 10 minutes.</summary>
    public TimeSpan AuthorizationCodeLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// What a superseded refresh token gets inside the grace period. Default:
    /// <see cref="Testing.GraceReplay.NewPair"/>. Airwallex does not say, so a client should be tested with each.
    /// </summary>
    public GraceReplay GraceReplay { get; init; }

    /// <summary>
    /// What a second consent of a customer does to the tokens of the first. Default:
    /// <see cref="Testing.SecondConsent.KeepsFirst"/>. Airwallex does not say, so a client should be tested with each.
    /// </summary>
    public SecondConsent SecondConsent { get; init; }

    /// <summary>
    /// The form of the token endpoint's errors. Default: <see cref="Testing.TokenErrorFormat.OAuth"/>. A client should
    /// be tested with both.
    /// </summary>
    public TokenErrorFormat TokenErrorFormat { get; init; }

    /// <summary>Whether access tokens are random strings instead of signed JWTs. Default: false: JWTs.</summary>
    public bool OpaqueAccessTokens { get; init; }

    /// <summary>
    /// The ids of the accounts in the order in which they are created; accounts after the last one get random ids.
    /// Default: empty: all random.
    /// </summary>
    public IReadOnlyList<string> AccountIds { get; init; } = [];

    /// <summary>
    /// Seeds every random choice (tokens, codes, account ids), so that a run can be repeated exactly. Default: null:
    /// another run every time.
    /// </summary>
    public int? Seed { get; init; }

    /// <summary>
    /// How many requests <see cref="AirwallexSimulator.Journal"/> keeps; older ones are dropped. Default: 100,000.
    /// </summary>
    public int JournalCapacity { get; init; } = 100_000;

    /// <summary>
    /// The loopback port <see cref="AirwallexSimulator.StartAsync"/> listens on. Default: 0: any free port.
    /// </summary>
    public int Port { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(AccessTokenLifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RefreshTokenLifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(GracePeriod, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(AuthorizationCodeLifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(JournalCapacity, 1);
    }
}
