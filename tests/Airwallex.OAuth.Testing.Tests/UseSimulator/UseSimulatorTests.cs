using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Testing.Tests.UseSimulator;

/// <summary>One line points a program at the simulator, wherever it is written.</summary>
public sealed class UseSimulatorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AirwallexSimulator _simulator;

    public UseSimulatorTests() => _simulator = new AirwallexSimulator(timeProvider: _time);

    public void Dispose() => _simulator.AssertNoViolations();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_program_connects_an_account_and_calls_the_API(bool simulatorFirst)
    {
        await using var program = Build(services =>
        {
            if (simulatorFirst)
            {
                services.UseAirwallexSimulator(_simulator);
            }

            services.AddAirwallexOAuth(options => options.ClientId = "the-real-client-id");
            services.AddHttpClient("api").AddAirwallexToken();
            if (!simulatorFirst)
            {
                services.UseAirwallexSimulator(_simulator);
            }
        });

        var connections = program.GetRequiredService<AirwallexConnections>();
        var connection = await connections.ConnectAsync(_simulator.ConnectAccount("acct_1"));
        var api = program.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using var request = new HttpRequestMessage(
            HttpMethod.Get, "api/v1/balances/current").SetAirwallexAccount("acct_1");
        using var response = await api.SendAsync(request);

        Assert.Equal(("acct_1", "simulated-client-id"), (connection.AccountId, connection.ClientId));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        _simulator.AssertNoViolations();
    }

    [Fact]
    public async Task An_access_token_that_expires_on_the_simulators_clock_is_refreshed()
    {
        await using var program = Build(services => services.UseAirwallexSimulator(_simulator).AddAirwallexOAuth());
        var connections = program.GetRequiredService<AirwallexConnections>();
        await _simulator.ConnectAsync(connections, "acct_1");
        var first = await connections.GetAccessTokenAsync("acct_1");

        _time.Advance(TimeSpan.FromSeconds(301));
        var second = await connections.GetAccessTokenAsync("acct_1");

        Assert.NotEqual(first, second);
        Assert.Contains(_simulator.Journal, entry => entry is { GrantType: "refresh_token", StatusCode: 200 });
        _simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Each_named_application_is_a_client_of_its_own()
    {
        await using var program = Build(services =>
        {
            services.AddAirwallexOAuth("live", _ => { });
            services.AddAirwallexOAuth("test", _ => { });
            services.UseAirwallexSimulator(_simulator);
        });

        var live = program.GetRequiredKeyedService<AirwallexConnections>("live");
        var test = program.GetRequiredKeyedService<AirwallexConnections>("test");
        var options = program.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();

        Assert.Equal("simulated-client-id-live", options.Get("live").ClientId);
        Assert.Equal("simulated-client-id-test", options.Get("test").ClientId);
        await _simulator.ConnectAsync(live, "acct_1", _simulator.FindClient("simulated-client-id-live"));
        await _simulator.ConnectAsync(test, "acct_1", _simulator.FindClient("simulated-client-id-test"));
        Assert.NotEqual(await live.GetAccessTokenAsync("acct_1"), await test.GetAccessTokenAsync("acct_1"));
        _simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_named_application_is_the_client_that_it_is_given()
    {
        var client = _simulator.AddClient("eu-client", "eu-secret");
        await using var program = Build(services =>
        {
            services.UseAirwallexSimulator(_simulator, "eu", client);
            services.AddAirwallexOAuth("eu", options => options.RedirectUri = new Uri("https://eu.example/callback"));
            services.UseAirwallexSimulator(_simulator);
        });

        var eu = program.GetRequiredKeyedService<AirwallexConnections>("eu");
        var connection = await eu.ConnectAsync(_simulator.ConnectAccount("acct_1", client: client));

        Assert.Equal("eu-client", connection.ClientId);
        Assert.Contains(new Uri("https://eu.example/callback"), client.RedirectUris);
        Assert.DoesNotContain(new Uri("https://eu.example/callback"), _simulator.DefaultClient.RedirectUris);
    }

    [Fact]
    public async Task What_the_program_sets_is_kept_where_the_simulator_can_follow()
    {
        await using var program =
            Build(services => services.UseAirwallexSimulator(_simulator).AddAirwallexOAuth(options =>
        {
            options.RedirectUri = new Uri("https://app.example/airwallex/callback");
            options.Scopes = ["balance:read"];
            options.Environment = AirwallexEnvironment.Production;
        }));

        var url = program.GetRequiredService<AuthorizeUrlBuilder>().Build(new AuthorizeRequest { State = "s" });
        var back = new Uri(_simulator.Authorize(url));

        Assert.Equal("app.example", back.Host);
        Assert.Equal("localhost", url.Host);
        Assert.Contains("scope=balance:read", Uri.UnescapeDataString(url.Query), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connect_flow_without_a_redirect_uri_takes_it_from_the_request()
    {
        await using var program = Build(services =>
        {
            services.UseAirwallexSimulator(_simulator).AddAirwallexOAuth();
            services.AddAuthentication(
                options => options.AddScheme("Airwallex", scheme => scheme.HandlerType = typeof(object)));
        });

        Assert.Null(program.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue.RedirectUri);
        Assert.True(_simulator.DefaultClient.Allows("http://localhost:5123/airwallex/callback"));
        Assert.True(_simulator.DefaultClient.Allows("https://127.0.0.1/airwallex/callback"));
        Assert.False(_simulator.DefaultClient.Allows("https://app.example/airwallex/callback"));
    }

    [Fact]
    public async Task Other_clients_of_the_program_do_not_reach_the_simulator()
    {
        using var elsewhere = new Elsewhere();
        await using var program = Build(services =>
        {
            services.UseAirwallexSimulator(_simulator).AddAirwallexOAuth();
            services.AddHttpClient("other").ConfigurePrimaryHttpMessageHandler(() => elsewhere);
        });

        using var response = await program.GetRequiredService<IHttpClientFactory>().CreateClient("other")
            .GetAsync(new Uri("http://localhost/oauth/token"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(_simulator.Journal);
    }

    [Fact]
    public async Task Handlers_that_the_program_sets_for_all_clients_do_not_bypass_the_simulator()
    {
        using var elsewhere = new Elsewhere();
        await using var program = Build(services =>
        {
            services.UseAirwallexSimulator(_simulator).AddAirwallexOAuth();
            services.ConfigureHttpClientDefaults(all => all.ConfigurePrimaryHttpMessageHandler(() => elsewhere));
        });

        await _simulator.ConnectAsync(program.GetRequiredService<AirwallexConnections>(), "acct_1");

        Assert.Single(_simulator.Journal);
    }

    [Fact]
    public async Task A_simulator_on_a_port_is_reached_by_sockets()
    {
        await using var simulator = await AirwallexSimulator.StartAsync();
        using var seen = new Seen { InnerHandler = new SocketsHttpHandler() };
        await using var program = Build(services => services.UseAirwallexSimulator(simulator)
            .AddAirwallexOAuth().TokenHttpClient.ConfigurePrimaryHttpMessageHandler(() => seen));

        await simulator.ConnectAsync(program.GetRequiredService<AirwallexConnections>(), "acct_1");

        Assert.Equal([simulator.TokenEndpoint], seen.Addresses);
    }

    [Fact]
    public void The_clock_of_the_program_is_left_alone_when_the_simulators_is_the_systems()
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time);

        services.UseAirwallexSimulator(new AirwallexSimulator());

        Assert.Same(_time, services.BuildServiceProvider().GetRequiredService<TimeProvider>());
    }

    [Fact]
    public void Two_simulators_in_one_program_are_refused()
    {
        var services = new ServiceCollection().UseAirwallexSimulator(_simulator);

        var exception = Assert.Throws<InvalidOperationException>(
            () => services.UseAirwallexSimulator(new AirwallexSimulator()));

        Assert.Contains("AddClient", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_of_another_simulator_is_refused() => Assert.Throws<ArgumentException>(
        () => new ServiceCollection().UseAirwallexSimulator(_simulator, "eu", new AirwallexSimulator().DefaultClient));

    private static ServiceProvider Build(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        add(services);
        return services.BuildServiceProvider(validateScopes: true);
    }

    private sealed class Elsewhere : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent));
    }

    private sealed class Seen : DelegatingHandler
    {
        public List<Uri?> Addresses { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Addresses.Add(request.RequestUri);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
