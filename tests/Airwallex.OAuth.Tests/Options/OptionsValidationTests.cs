using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Tests.Options;

public sealed class OptionsValidationTests
{
    public static TheoryData<string, Action<AirwallexOAuthOptions>, string[]> Faults => new()
    {
        { "no ClientId", o => o.ClientId = " ", ["ClientId is missing"] },
        { "null ClientId", o => o.ClientId = null!, ["ClientId is missing"] },
        { "no ClientSecret", o => o.ClientSecret = "", ["ClientSecret is missing"] },
        { "ClientId with a line break", o => o.ClientId = "id\n", ["ClientId", "at an end"] },
        { "ClientId with a control character", o => o.ClientId = "i\u0000d", ["ClientId", "control character"] },
        { "ClientSecret with a space", o => o.ClientSecret = " do-not-print", ["ClientSecret", "at an end"] },
        { "long ClientId", o => o.ClientId = new string('a', 129), ["ClientId", "128"] },
        { "Environment", o => o.Environment = (AirwallexEnvironment)7,
            ["Environment 7", "Demo, Sandbox or Production"] },
        { "ApiVersion", o => o.ApiVersion = "2025-4-25", ["ApiVersion '2025-4-25'", "YYYY-MM-DD"] },
        { "ApiVersion of no calendar", o => o.ApiVersion = "2025-02-30", ["ApiVersion '2025-02-30'"] },
        { "two scopes in one", o => o.Scopes = ["one two"], ["Scopes", "one two"] },
        { "empty scope", o => o.Scopes = [""], ["Scopes"] },
        { "null Scopes", o => o.Scopes = null!, ["Scopes is null"] },
        { "null KeepAlive", o => o.KeepAlive = null!, ["KeepAlive is null"] },
        { "null hosts", o => o.AdditionalApiHosts = null!, ["AdditionalApiHosts is null"] },
        { "host with scheme", o => o.AdditionalApiHosts = ["https://a.example"],
            ["AdditionalApiHosts", "https://a.example"] },
        { "host with a bad port", o => o.AdditionalApiHosts = ["a.example:99999"], ["a.example:99999"] },
        { "null host", o => o.AdditionalApiHosts = [null!], ["AdditionalApiHosts"] },
        { "http", o => o.TokenEndpoint = new Uri("http://a.example/token"),
            ["TokenEndpoint", "http://a.example/token"] },
        { "relative", o => o.RedirectUri = new Uri("/callback", UriKind.Relative), ["RedirectUri '/callback'"] },
        { "fragment", o => o.RedirectUri = new Uri("https://a.example/#x"), ["RedirectUri has a fragment"] },
        { "query", o => o.ApiBaseAddress = new Uri("https://a.example/?x=1"), ["ApiBaseAddress has a query"] },
        { "password", o => o.ApiBaseAddress = new Uri("https://u:do-not-print@a.example/"),
            ["ApiBaseAddress", "remove it"] },
        { "authorize", o => o.AuthorizeEndpoint = new Uri("ftp://a.example/"), ["AuthorizeEndpoint"] },
        { "RefreshAhead below zero", o => o.RefreshAhead = TimeSpan.FromSeconds(-1), ["RefreshAhead (-00:00:01)"] },
        {
            "RefreshAhead of 60", o => o.RefreshAhead = TimeSpan.Parse("60"),
            ["RefreshAhead (60 days)", "01:00:00", "To .NET, \"60\" is 60 days: write \"00:01:00\" for a minute."]
        },
        { "RefreshAhead of 2 h", o => o.RefreshAhead = TimeSpan.FromHours(2),
            ["RefreshAhead (02:00:00)", "to 01:00:00"] },
        { "GracePeriod of zero", o => o.GracePeriod = TimeSpan.Zero, ["GracePeriod (00:00:00)", "from 00:00:01"] },
        { "GracePeriod of 60", o => o.GracePeriod = TimeSpan.Parse("60"),
            ["GracePeriod (60 days)", "\"60\" is 60 days"] },
        { "endless GracePeriod", o => o.GracePeriod = TimeSpan.MaxValue, ["GracePeriod"] },
        { "window turned round", o => o.KeepAlive.WindowStart = 0.9,
            ["KeepAlive.WindowStart (0.9)", "KeepAlive.WindowEnd (0.889)"] },
        { "window not a number", o => o.KeepAlive.WindowEnd = double.NaN, ["KeepAlive.WindowEnd (NaN)"] },
        { "no concurrency", o => o.KeepAlive.MaxConcurrency = 0, ["KeepAlive.MaxConcurrency (0)"] },
    };

    [Fact]
    public void The_defaults_are_valid_once_client_id_and_secret_are_set() => Assert.Equal([], FaultsOf(_ => { }));

    [Fact]
    public void Zero_RefreshAhead_and_a_grace_period_of_a_test_are_valid() => Assert.Equal([], FaultsOf(options =>
        (options.RefreshAhead, options.GracePeriod) = (TimeSpan.Zero, TimeSpan.FromSeconds(6))));

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Each_fault_is_named(string fault, Action<AirwallexOAuthOptions> make, string[] names)
    {
        var message = Assert.Single(FaultsOf(make));

        Assert.All(
            names, name => Assert.True(
                message.Contains(name, StringComparison.Ordinal), $"{fault}: '{name}' is not in: {message}"));
        Assert.DoesNotContain("do-not-print", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:5000/")]
    [InlineData("http://127.0.0.1:5000/")]
    [InlineData("http://[::1]:5000/")]
    [InlineData("https://example.com/")]
    public void Https_and_loopback_addresses_are_accepted(string address) => Assert.Equal([], FaultsOf(options =>
        options.RedirectUri = options.TokenEndpoint = options.AuthorizeEndpoint = options.ApiBaseAddress =
            new Uri(address)));

    [Fact]
    public async Task All_faults_are_named_in_one_message_when_the_host_starts()
    {
        using var host = Programs.Host(services => services.AddAirwallexOAuth("eu", options =>
        {
            options.Scopes = ["one two"];
            options.TokenEndpoint = new Uri("http://example.com/");
            options.GracePeriod = TimeSpan.FromHours(2);
            options.KeepAlive.MaxConcurrency = 0;
        }));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.All(
            ["'eu'", "ClientId", "ClientSecret", "Scopes", "TokenEndpoint", "GracePeriod",
                "KeepAlive.MaxConcurrency (0)"],
            name => Assert.Contains(name, refused.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_host_the_first_use_finds_the_faults()
    {
        using var services = Programs.Without(services => services.AddAirwallexOAuth(_ => { }));

        var refused = Assert.Throws<OptionsValidationException>(services.GetRequiredService<AirwallexConnections>);

        Assert.Contains("ClientId is missing", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        AirwallexEnvironment.Demo, "https://demo.airwallex.com/oauth/authorize", "https://api-demo.airwallex.com/")]
    [InlineData(AirwallexEnvironment.Sandbox, "https://www.sandbox.airwallex.com/oauth/authorize",
        "https://api.sandbox.airwallex.com/")]
    [InlineData(AirwallexEnvironment.Production, "https://airwallex.com/oauth/authorize", "https://api.airwallex.com/")]
    public void The_environments_have_the_published_addresses(
        AirwallexEnvironment environment, string authorize, string api)
    {
        var endpoints = AirwallexEndpoints.For(environment);

        Assert.Equal(authorize, endpoints.AuthorizeEndpoint.AbsoluteUri);
        Assert.Equal(api + "oauth/token", endpoints.TokenEndpoint.AbsoluteUri);
        Assert.Equal(api, endpoints.ApiBaseAddress.AbsoluteUri);
        Assert.Throws<ArgumentOutOfRangeException>(() => AirwallexEndpoints.For((AirwallexEnvironment)9));
    }

    [Fact]
    public void Overrides_win_and_the_base_address_gets_its_slash()
    {
        var endpoints = AirwallexEndpoints.For(new AirwallexOAuthOptions
        {
            Environment = AirwallexEnvironment.Production,
            TokenEndpoint = new Uri("https://proxy.example/token"),
            ApiBaseAddress = new Uri("https://proxy.example/airwallex"),
        });

        Assert.Equal("https://proxy.example/token", endpoints.TokenEndpoint.AbsoluteUri);
        Assert.Equal("https://proxy.example/airwallex/", endpoints.ApiBaseAddress.AbsoluteUri);
        Assert.Equal("https://airwallex.com/oauth/authorize", endpoints.AuthorizeEndpoint.AbsoluteUri);
    }

    private static IEnumerable<string> FaultsOf(Action<AirwallexOAuthOptions> make)
    {
        var options = new AirwallexOAuthOptions { ClientId = "id", ClientSecret = "secret" };
        make(options);
        return new AirwallexOAuthOptionsValidator().Validate(null, options).Failures ?? [];
    }
}
