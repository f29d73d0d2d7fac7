using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>Base address, version, names and cookies of the clients that carry tokens.</summary>
public sealed class ApiClientTests
{
    [Fact]
    public async Task A_typed_client_is_given_the_base_address_and_the_pinned_version()
    {
        await using var program = new ApiProgram(
            services => services.AddHttpClient<BalancesClient>().AddAirwallexToken(_ => ApiProgram.Account),
            options => options.ApiVersion = "2025-04-25");
        await program.ConnectAsync();

        await program.Get<BalancesClient>().GetAsync();

        var request = Assert.Single(program.Api.Requests);
        Assert.Equal("https://api-demo.airwallex.com/api/v1/balances/current", request.Address.AbsoluteUri);
        Assert.Equal(["2025-04-25"], request.Versions);
    }

    [Fact]
    public async Task Without_a_pinned_version_no_version_is_sent()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();

        await program.ClientOf().GetAsync("a");

        Assert.Empty(Assert.Single(program.Api.Requests).Versions);
    }

    [Fact]
    public async Task The_version_of_a_request_wins_and_is_sent_once()
    {
        await using var program = new ApiProgram(configure: options => options.ApiVersion = "2025-04-25");
        await program.ConnectAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "a");
        request.Headers.Add("X-Api-Version", "2024-01-01");

        await program.ClientOf().SendAsync(request);

        Assert.Equal(["2024-01-01"], Assert.Single(program.Api.Requests).Versions);
    }

    [Fact]
    public async Task A_request_that_is_sent_again_after_a_401_has_one_version()
    {
        await using var program = new ApiProgram(configure: options => options.ApiVersion = "2025-04-25");
        await program.ConnectAsync();
        RejectedTokenTests.Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        await program.ClientOf().GetAsync("a");

        Assert.Equal(2, program.Api.Requests.Count);
        Assert.All(program.Api.Requests, request => Assert.Equal(["2025-04-25"], request.Versions));
    }

    [Fact]
    public async Task A_base_address_that_is_set_is_kept()
    {
        await using var program = new ApiProgram(
            services =>
            {
                services.AddHttpClient("before", client => client.BaseAddress = new Uri("http://localhost/mine/"))
                    .AddAirwallexToken(_ => ApiProgram.Account);
                services.AddHttpClient("after").AddAirwallexToken(_ => ApiProgram.Account)
                    .ConfigureHttpClient(client => client.BaseAddress = new Uri("http://localhost/mine/"));
            },
            options => options.AdditionalApiHosts = ["localhost"]);
        await program.ConnectAsync();

        await program.Client("before").GetAsync("a");
        await program.Client("after").GetAsync("a");

        Assert.All(
            program.Api.Requests, request => Assert.Equal("http://localhost/mine/a", request.Address.AbsoluteUri));
    }

    [Theory]
    [InlineData("https://one.example/", "https://two.example/airwallex/", "a?b=c%2Fd",
        "https://two.example/airwallex/a?b=c%2Fd")]
    [InlineData("https://one.example/airwallex/", "https://one.example/", "a", "https://one.example/a")]
    [InlineData("https://one.example/", "https://one.example/airwallex/", "a", "https://one.example/airwallex/a")]
    public async Task A_changed_API_address_takes_effect_in_clients_that_are_held(
        string before, string after, string path, string sentTo)
    {
        var configuration = Configuration(("ApiBaseAddress", before), ("ApiVersion", "2025-01-01"));
        await using var program = new Program(configuration);
        var held = program.Client("held");
        await held.GetAsync(path);

        configuration["ApiBaseAddress"] = after;
        configuration["ApiVersion"] = "2026-01-01";
        configuration.Reload();
        await held.GetAsync(path);
        await program.Client("held").GetAsync(path);

        var requests = program.Api.Requests.ToArray();
        Assert.Equal(new Uri(new Uri(before), path), requests[0].Address);
        Assert.Equal([sentTo, sentTo], requests[1..].Select(request => request.Address.AbsoluteUri));
        Assert.Equal(["2025-01-01", "2026-01-01", "2026-01-01"], requests.SelectMany(request => request.Versions));
    }

    [Fact]
    public async Task Hosts_that_are_added_and_taken_away_take_effect_in_clients_that_are_held()
    {
        var configuration = Configuration(("ApiBaseAddress", "https://api.example/"));
        await using var program = new Program(configuration);
        var held = program.Client("held");
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => held.GetAsync("https://files.example/a"));

        configuration["AdditionalApiHosts"] = "files.example";
        configuration.Reload();
        await held.GetAsync("https://files.example/a");
        configuration["AdditionalApiHosts"] = "other.example";
        configuration.Reload();

        await Assert.ThrowsAsync<AirwallexOAuthException>(() => held.GetAsync("https://files.example/a"));
        Assert.Single(program.Api.Requests);
    }

    [Fact]
    public async Task What_is_null_is_refused_where_it_is_given()
    {
        await using var program = new ApiProgram();
        HttpRequestMessage request = null!;

        Assert.Throws<ArgumentNullException>("request", () => request.SetAirwallexAccount(ApiProgram.Account));
        Assert.Throws<ArgumentNullException>("request", () => request.GetAirwallexAccount());
        Assert.Throws<ArgumentNullException>(
            "name", () => program.Get<AirwallexClientFactory>().CreateClient(ApiProgram.Account, null!));
    }

    [Fact]
    public async Task The_application_that_was_named_last_gives_the_base_address_too()
    {
        await using var program = new ApiProgram(services =>
        {
            services.AddAirwallexOAuth("eu", options =>
            {
                (options.ClientId, options.ClientSecret) = ("eu-id", "eu-secret");
                options.RedirectUri = new Uri("http://localhost/eu");
                options.ApiBaseAddress = new Uri("https://eu.example/");
            }).AddTokenStore<InMemoryTokenStore>();
            services.AddHttpClient("mine").AddAirwallexToken().AddAirwallexToken("eu");
        });

        Assert.Equal(new Uri("https://eu.example/"), program.Client("mine").BaseAddress);
    }

    [Fact]
    public async Task A_client_of_the_API_follows_redirects_when_its_handler_does()
    {
        using var handler = new HttpClientHandler();
        await using var program = new ApiProgram(primary: _ => handler);

        program.ClientOf();

        Assert.True(handler.AllowAutoRedirect);
        Assert.False(handler.UseCookies);
    }

    [Fact]
    public async Task An_address_of_another_host_stays_when_the_API_address_changes()
    {
        var configuration = Configuration(
            ("ApiBaseAddress", "https://one.example/"), ("AdditionalApiHosts", "files.example"));
        await using var program = new Program(configuration);
        var held = program.Client("held");

        configuration["ApiBaseAddress"] = "https://two.example/";
        configuration.Reload();
        await held.GetAsync("https://files.example/a");

        Assert.Equal("https://files.example/a", Assert.Single(program.Api.Requests).Address.AbsoluteUri);
    }

    [Fact]
    public async Task A_client_of_the_factory_goes_through_what_was_configured_for_its_name()
    {
        await using var program = new ApiProgram(services => services
            .AddHttpClient("mine", client => client.DefaultRequestHeaders.UserAgent.ParseAdd("mine/1.0"))
            .AddAirwallexToken());
        await program.ConnectAsync();

        await program.Get<AirwallexClientFactory>().CreateClient(ApiProgram.Account, "mine").GetAsync("a");

        var request = Assert.Single(program.Api.Requests);
        Assert.Equal(ApiDouble.TokenOf(ApiProgram.Account), request.Token);
        Assert.Equal("mine/1.0", request.UserAgent);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("plain")]
    public async Task A_client_without_tokens_is_refused_by_the_factory(string name)
    {
        await using var program = new ApiProgram(services => services.AddHttpClient("plain"));

        var refused = Assert.Throws<ArgumentException>(
            () => program.Get<AirwallexClientFactory>().CreateClient(ApiProgram.Account, name));

        Assert.Contains("AddAirwallexToken", refused.Message, StringComparison.Ordinal);
        Assert.Equal("name", refused.ParamName);
    }

    [Fact]
    public async Task A_client_of_the_program_with_the_library_s_name_has_nothing_to_do_with_it()
    {
        await using var program = new ApiProgram(services => services.AddHttpClient(
            "Airwallex", client => client.DefaultRequestHeaders.UserAgent.ParseAdd("other/1.0")));
        await program.ConnectAsync();

        await program.ClientOf().GetAsync("a");
        await program.Client("Airwallex").GetAsync("https://other.example/");

        var requests = program.Api.Requests.ToArray();
        Assert.Equal("", requests[0].UserAgent);
        Assert.Null(requests[1].Token);
    }

    [Fact]
    public async Task The_bound_client_takes_what_the_builder_adds_to_it()
    {
        var services = new ServiceCollection();
        var api = new ApiDouble();
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret, options.RedirectUri) =
                ("client-id", "client-secret", new Uri("https://localhost/")))
            .AddTokenStore<InMemoryTokenStore>()
            .ApiHttpClient.ConfigureHttpClient(client => client.DefaultRequestHeaders.UserAgent.ParseAdd("bound/1.0"));
        services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(api.CreateHandler));
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<AirwallexConnections>().ConnectAsync("acct_one");

        await provider.GetRequiredService<AirwallexClientFactory>().CreateClient("acct_one").GetAsync("a");

        Assert.Equal("bound/1.0", Assert.Single(api.Requests).UserAgent);
    }

    [Fact]
    public void The_factory_can_be_mocked()
    {
        AirwallexClientFactory factory = new MockedFactory();

        Assert.Equal(new Uri("https://mock.example/acct_one/"), factory.CreateClient("acct_one").BaseAddress);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_cookie_of_one_account_travels_with_the_request_of_another(bool chosenByProgram)
    {
        var handlers = new List<SocketsHttpHandler>();
        await using var program = new ApiProgram(
            services =>
            {
                services.AddHttpClient("plain");
                var mine = services.AddHttpClient("mine").AddAirwallexToken();
                if (chosenByProgram)
                {
                    mine.ConfigurePrimaryHttpMessageHandler(NewHandler);
                }
            },
            primary: _ => NewHandler());

        program.Client("mine");
        Assert.False(handlers[^1].UseCookies);
        program.ClientOf();
        Assert.False(handlers[^1].UseCookies);
        program.Client("plain");
        Assert.True(handlers[^1].UseCookies);

        SocketsHttpHandler NewHandler()
        {
            handlers.Add(new SocketsHttpHandler());
            return handlers[^1];
        }
    }

    [Fact]
    public async Task The_authorization_header_is_hidden_from_the_factory_s_log()
    {
        await using var program = new ApiProgram(services => services.AddHttpClient("mine").AddAirwallexToken()
            .RedactLoggedHeaders(name => name == "X-Secret"));

        var options = program.Get<Microsoft.Extensions.Options.IOptionsMonitor<HttpClientFactoryOptions>>().Get("mine");

        Assert.True(options.ShouldRedactHeaderValue("authorization"));
        Assert.True(options.ShouldRedactHeaderValue("X-Secret"));
        Assert.False(options.ShouldRedactHeaderValue("Accept"));
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(
            values.Append(("ClientId", "client-id")).Append(("ClientSecret", "client-secret"))
                .Append(("RedirectUri", "https://localhost/"))
                .Select(value => KeyValuePair.Create(value.Item1, (string?)value.Item2))).Build();

    private sealed class Program : IAsyncDisposable
    {
        private readonly ServiceProvider _services;

        public Program(IConfiguration configuration)
        {
            var services = new ServiceCollection();
            services.AddAirwallexOAuth(configuration).AddTokenStore<InMemoryTokenStore>();
            services.AddHttpClient("held").AddAirwallexToken(_ => "acct_one");
            services.ConfigureHttpClientDefaults(
                client => client.ConfigurePrimaryHttpMessageHandler(Api.CreateHandler));
            _services = services.BuildServiceProvider();
            _services.GetRequiredService<AirwallexConnections>().ConnectAsync("acct_one").GetAwaiter().GetResult();
        }

        public ApiDouble Api { get; } = new();

        public HttpClient Client(string name) => _services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

        public ValueTask DisposeAsync() => _services.DisposeAsync();
    }

    private sealed class MockedFactory : AirwallexClientFactory
    {
        public override HttpClient CreateClient(string accountId) =>
            new() { BaseAddress = new Uri($"https://mock.example/{accountId}/") };
    }

    private sealed class BalancesClient(HttpClient http)
    {
        public Task<HttpResponseMessage> GetAsync() => http.GetAsync("api/v1/balances/current");
    }
}
