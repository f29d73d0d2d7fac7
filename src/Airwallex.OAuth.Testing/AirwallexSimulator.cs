using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// A simulated Airwallex for tests and samples: the authorize pages, the token endpoint with rotation, grace period and
/// family revocation, a little of the API, faults on demand, a journal of every request, and a list of the rules that
/// were violated. It runs on a loopback port (<see cref="StartAsync"/>) or without any socket
/// (<see cref="CreateHandler"/>), on any <see cref="System.TimeProvider"/>. It never talks to Airwallex. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// services.UseAirwallexSimulator(simulator);   // or: new HttpClient(simulator.CreateHandler())
/// … the code under test …
/// simulator.AssertNoViolations();
/// </code>
/// </example>
public sealed partial class AirwallexSimulator : IAsyncDisposable
{
    private readonly AirwallexSimulatorOptions _options;
    private readonly SimulatorEndpoints _endpoints;
    private LoopbackHost? _host;

    /// <summary>
    /// A simulator that listens on no port. <see cref="CreateHandler"/> leads to it, or
    /// <see cref="AirwallexSimulatorEndpointRouteBuilderExtensions.MapAirwallexSimulator"/> maps it into an app.
    /// </summary>
    /// <param name="options">How it behaves; null for what Airwallex documents.</param>
    /// <param name="timeProvider">The clock for lifetimes, the grace period and delays; null for the system's.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public AirwallexSimulator(AirwallexSimulatorOptions? options = null, TimeProvider? timeProvider = null)
    {
        _options = options ?? new AirwallexSimulatorOptions();
        _options.Validate();
        TimeProvider = timeProvider ?? TimeProvider.System;
        Faults = new SimulatorFaults(TimeProvider);
        // A simulator hands out tokens for nothing real; being repeatable is worth more here than being unpredictable.
        var random = _options.Seed is { } seed ? new Random(seed) : new Random();
        Server = new AuthorizationServer(_options, TimeProvider, random);
        _endpoints = new SimulatorEndpoints(Server, Faults, TimeProvider, _options);
    }

    /// <summary>Starts a simulator on a loopback port. It stops when it is disposed.</summary>
    /// <param name="options">How it behaves; null for what Airwallex documents.</param>
    /// <param name="timeProvider">The clock for lifetimes, the grace period and delays; null for the system's.</param>
    /// <param name="cancellationToken">Cancels the start; nothing listens then.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="IOException">The port of the options is taken.</exception>
    public static async Task<AirwallexSimulator> StartAsync(
        AirwallexSimulatorOptions? options = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        var simulator = new AirwallexSimulator(options, timeProvider);
        simulator._host = await LoopbackHost
            .StartAsync(simulator._options.Port, simulator.HandleAsync, cancellationToken).ConfigureAwait(false);
        simulator.BaseAddress = simulator._host.Address;
        return simulator;
    }

    /// <summary>
    /// Where it is: <c>http://127.0.0.1:port/</c> when started, else <c>http://localhost/</c>, to which only its
    /// handlers lead.
    /// </summary>
    public Uri BaseAddress { get; private set; } = new("http://localhost/");

    /// <summary>The page to send the customer's browser to.</summary>
    public Uri AuthorizeEndpoint => new(BaseAddress, SimulatorEndpoints.AuthorizePath);

    /// <summary>The token endpoint.</summary>
    public Uri TokenEndpoint => new(BaseAddress, SimulatorEndpoints.TokenPath);

    /// <summary>
    /// The API's base address, below which <c>api/v1/account</c> and <c>api/v1/balances/current</c> are.
    /// </summary>
    public Uri ApiBaseAddress => BaseAddress;

    /// <summary>The clock that it was given.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The client of the options.</summary>
    public SimulatedClient DefaultClient => Server.DefaultClient;

    /// <summary>What is to go wrong.</summary>
    public SimulatorFaults Faults { get; }

    /// <summary>Every request so far, in order of arrival; a request appears when it has ended. A copy.</summary>
    public IReadOnlyList<JournalEntry> Journal => Server.Journal.Snapshot();

    /// <summary>Every violation of a rule so far. A copy.</summary>
    public IReadOnlyList<RuleViolation> Violations => Server.Violations;

    /// <summary>
    /// How many requests a delay of <see cref="Faults"/> holds at this moment. A test on a fake clock waits for it
    /// before it advances the clock, so that the clock does not move before the delay has begun.
    /// </summary>
    public int DelayedRequests => _endpoints.Delayed;

    internal AuthorizationServer Server { get; }

    /// <summary>
    /// Whether it listens on a port; else only its handlers and <c>MapAirwallexSimulator</c> lead to it.
    /// </summary>
    internal bool IsListening => _host is not null;

    /// <summary>Throws when a rule of Airwallex was violated.</summary>
    /// <exception cref="InvalidOperationException">One or more were; the message lists them all.</exception>
    public void AssertNoViolations()
    {
        if (Violations is { Count: > 0 } violations)
        {
            var list = string.Join(Environment.NewLine, violations);
            throw new InvalidOperationException(
                $"There are {violations.Count} violations of Airwallex's rules:{Environment.NewLine}{list}");
        }
    }

    /// <summary>
    /// A handler that leads every request, whatever its host, to this simulator, without a socket. Give it to an
    /// <see cref="HttpClient"/> as its primary handler. It follows no redirects. It holds nothing, so it need not be
    /// disposed of.
    /// </summary>
    public HttpMessageHandler CreateHandler() => new InMemoryHandler(HandleAsync);

    /// <summary>Makes one more application known, with a client id of its own.</summary>
    /// <param name="clientId">The client id.</param>
    /// <param name="clientSecret">The client secret. Never put a real one here.</param>
    /// <param name="applicationName">The name on the consent page; null for that of the options.</param>
    /// <param name="redirectUris">The whitelisted redirect URIs; null for those of the options.</param>
    /// <exception cref="ArgumentException">The client id is taken, or a redirect URI is not absolute.</exception>
    public SimulatedClient AddClient(
        string clientId, string clientSecret, string? applicationName = null, IEnumerable<Uri>? redirectUris = null) =>
        Server.AddClient(clientId, clientSecret, applicationName, redirectUris);

    /// <summary>A client that the simulator knows; null when it knows none of that id.</summary>
    /// <param name="clientId">The client id.</param>
    public SimulatedClient? FindClient(string clientId)
    {
        ArgumentNullException.ThrowIfNull(clientId);
        return Server.FindClient(clientId);
    }

    /// <summary>Stops listening; requests in flight are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _host, null) is { } host)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal Task HandleAsync(HttpContext context) => _endpoints.HandleAsync(context);
}
