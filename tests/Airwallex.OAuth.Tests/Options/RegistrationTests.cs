using Airwallex.OAuth.Tests.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Tests.Options;

/// <summary>Several applications in one program.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task Two_applications_live_side_by_side_and_each_speaks_for_its_own_client_id()
    {
        var api = new ApiDouble();
        await using var services = Programs.Without(services =>
        {
            services.AddAirwallexOAuth(
                "live", options => Configure(options, "live-id", AirwallexEnvironment.Production))
                .AddTokenStore<InMemoryTokenStore>();
            services.AddAirwallexOAuth("test", options => Configure(options, "test-id", AirwallexEnvironment.Demo));
            services.AddHttpClient("live-balances").AddAirwallexToken("live", _ => "acct_one");
            services.AddHttpClient("test-balances").AddAirwallexToken("test", _ => "acct_one");
            services.ConfigureHttpClientDefaults(
                client => client.ConfigurePrimaryHttpMessageHandler(api.CreateHandler));
        });

        await services.GetRequiredKeyedService<AirwallexConnections>("live").ConnectAsync("acct_one");
        await services.GetRequiredKeyedService<AirwallexConnections>("test").ConnectAsync("acct_one");
        var http = services.GetRequiredService<IHttpClientFactory>();
        await http.CreateClient("live-balances").GetAsync("a");
        await http.CreateClient("test-balances").GetAsync("a");
        await services.GetRequiredKeyedService<AirwallexClientFactory>("test").CreateClient("acct_one").GetAsync("b");

        Assert.Equal(
            ["https://api.airwallex.com/oauth/token", "https://api-demo.airwallex.com/oauth/token"],
            api.TokenRequests.Select(request => request.Address.AbsoluteUri));
        Assert.Equal([true, false],
            api.TokenRequests.Select(request => request.Body.Contains("live-id", StringComparison.Ordinal)));
        Assert.Equal(
        [
            ("https://api.airwallex.com/a", ApiDouble.TokenOf("acct_one")),
            ("https://api-demo.airwallex.com/a", ApiDouble.TokenOf("acct_one", 2)),
            ("https://api-demo.airwallex.com/b", ApiDouble.TokenOf("acct_one", 2)),
        ], api.Requests.Select(request => (request.Address.AbsoluteUri, request.Token!)));
    }

    [Fact]
    public async Task Each_has_its_services_under_its_name_and_the_one_without_a_name_under_none()
    {
        await using var services = Programs.Without(services =>
        {
            services.AddAirwallexOAuth(options => Configure(options, "one"));
            services.AddAirwallexOAuth("eu", options => Configure(options, "two"));
        });

        Assert.NotSame(
            services.GetRequiredService<AirwallexConnections>(),
                services.GetRequiredKeyedService<AirwallexConnections>("eu"));
        Assert.Contains(
            "client_id=one", Url(services.GetRequiredService<AuthorizeUrlBuilder>()), StringComparison.Ordinal);
        Assert.Contains(
            "client_id=two", Url(services.GetRequiredKeyedService<AuthorizeUrlBuilder>("eu")),
                StringComparison.Ordinal);
        Assert.NotNull(services.GetRequiredKeyedService<TokenClient>("eu"));
        Assert.NotNull(services.GetRequiredKeyedService<AirwallexClientFactory>("eu"));
        Assert.Equal(["", "eu"], services.GetRequiredService<AirwallexApplications>().All.Select(one => one.Name));
        Assert.Single(services.GetServices<IHostedService>(), service => service is KeepAliveService);

        static string Url(AuthorizeUrlBuilder builder) =>
            builder.Build(new AuthorizeRequest { State = "state" }).AbsoluteUri;
    }

    [Fact]
    public void The_same_name_twice_is_refused_with_the_remedy()
    {
        var services = new ServiceCollection();
        services.AddAirwallexOAuth("eu", Programs.Valid);
        services.AddAirwallexOAuth(Programs.Valid);

        var named = Assert.Throws<InvalidOperationException>(() => services.AddAirwallexOAuth("eu"));
        var unnamed = Assert.Throws<InvalidOperationException>(() => services.AddAirwallexOAuth());

        Assert.Contains("'eu'", named.Message, StringComparison.Ordinal);
        Assert.Contains("AddAirwallexOAuth(\"eu\", …)", unnamed.Message, StringComparison.Ordinal);
        Assert.Contains("services.Configure<AirwallexOAuthOptions>", unnamed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_names_with_one_client_id_are_refused_at_start_with_the_remedy()
    {
        using var host = Programs.Host(services =>
        {
            services.AddAirwallexOAuth(options => Configure(options, "the-id"));
            services.AddAirwallexOAuth("eu", options => Configure(options, "the-id"));
        });

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());

        Assert.Contains("ClientId 'the-id'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'eu'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("a client id of its own", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_gives_two_names_one_client_id_is_not_taken_and_an_exchange_of_ids_is()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("A:ClientId", "one"), new("A:ClientSecret", "secret"), new("B:ClientId", "two"),
                new("B:ClientSecret", "secret"),
        ]).Build();
        using var services = Programs.Without(services =>
        {
            services.AddAirwallexOAuth("a", configuration.GetSection("A"));
            services.AddAirwallexOAuth("b", configuration.GetSection("B"));
        });
        var monitor = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        Assert.Equal(("one", "two"), (monitor.Get("a").ClientId, monitor.Get("b").ClientId));

        configuration["A:ClientId"] = "two";
        configuration.Reload();
        Assert.Equal(("one", "two"), (monitor.Get("a").ClientId, monitor.Get("b").ClientId));

        configuration["B:ClientId"] = "one";
        configuration.Reload();
        Assert.Equal(("two", "one"), (monitor.Get("a").ClientId, monitor.Get("b").ClientId));
    }

    [Theory]
    [InlineData("/eu/airwallex", "MapAirwallexOAuth")]
    [InlineData("", "name")]
    [InlineData(" eu", "white space")]
    [InlineData("eu\n", "white space")]
    public void A_name_that_is_none_is_refused_where_it_is_given(string name, string words)
    {
        var services = new ServiceCollection();

        var application = Assert.ThrowsAny<ArgumentException>(() => services.AddAirwallexOAuth(name, Programs.Valid));
        var client = Assert.ThrowsAny<ArgumentException>(() => services.AddHttpClient("mine").AddAirwallexToken(name));

        Assert.All([application, client], refused =>
        {
            Assert.Equal("name", refused.ParamName);
            Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_client_of_an_application_that_is_not_there_says_which_are()
    {
        await using var services = Programs.Without(services =>
        {
            services.AddAirwallexOAuth("eu", Programs.Valid);
            services.AddHttpClient("us-client").AddAirwallexToken("us");
            services.AddHttpClient("client").AddAirwallexToken();
        });
        var http = services.GetRequiredService<IHttpClientFactory>();

        var named = Assert.Throws<InvalidOperationException>(() => http.CreateClient("us-client"));
        var unnamed = Assert.Throws<InvalidOperationException>(() => http.CreateClient("client"));

        Assert.Contains(
            "no application 'us': call services.AddAirwallexOAuth(\"us\", …)", named.Message, StringComparison.Ordinal);
        Assert.Contains("(eu)", named.Message, StringComparison.Ordinal);
        Assert.Contains("no application without a name", unnamed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_factory_makes_no_client_of_another_application()
    {
        await using var services = Programs.Without(services =>
        {
            services.AddAirwallexOAuth(options => Configure(options, "one"));
            services.AddAirwallexOAuth("eu", options => Configure(options, "two"));
            services.AddHttpClient("mine").AddAirwallexToken("eu");
        });

        var refused = Assert.Throws<ArgumentException>(
            () => services.GetRequiredService<AirwallexClientFactory>().CreateClient("acct_one", "mine"));

        Assert.Contains("the application 'eu'", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(services.GetRequiredKeyedService<AirwallexClientFactory>("eu").CreateClient("acct_one", "mine"));
    }

    private static void Configure(
        AirwallexOAuthOptions options, string clientId, AirwallexEnvironment environment = AirwallexEnvironment.Demo)
    {
        (options.ClientId, options.ClientSecret, options.Environment) = (clientId, "secret", environment);
        (options.RedirectUri, options.Scopes) = (new Uri("https://localhost/callback"), ["scope"]);
    }
}
