using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Tests.Options;

public sealed class OptionsValidationTests
{
    /// <summary>A fault, and what the message must name: the option, and the numbers that contradict each other.</summary>
    public static TheoryData<string, Action<AirwallexOAuthOptions>, string[]> Faults => new()
    {
        { "ClientId", o => o.ClientId = " ", ["ClientId"] },
        { "ClientSecret", o => o.ClientSecret = "", ["ClientSecret"] },
        { "Environment", o => o.Environment = (AirwallexEnvironment)7, ["Environment 7"] },
        { "ApiVersion", o => o.ApiVersion = "v2", ["ApiVersion 'v2'", "YYYY-MM-DD"] },
        { "Scope of two words", o => o.Scopes = ["one two"], ["Scopes", "'one two'"] },
        { "Empty scope", o => o.Scopes = [""], ["Scopes"] },
        { "No scopes list", o => o.Scopes = null!, ["Scopes"] },
        { "No hosts list", o => o.AdditionalApiHosts = null!, ["AdditionalApiHosts"] },
        { "No keep-alive", o => o.KeepAlive = null!, ["KeepAlive"] },
        { "Relative redirect", o => o.RedirectUri = new Uri("/callback", UriKind.Relative), ["RedirectUri '/callback'"] },
        { "Plain redirect", o => o.RedirectUri = new Uri("http://example.com/"), ["RedirectUri", "https"] },
        { "Redirect with fragment", o => o.RedirectUri = new Uri("https://example.com/#x"), ["RedirectUri", "fragment"] },
        { "Plain token endpoint", o => o.TokenEndpoint = new Uri("http://example.com/"), ["TokenEndpoint 'http://example.com/'"] },
        { "Plain authorize endpoint", o => o.AuthorizeEndpoint = new Uri("http://example.com/"), ["AuthorizeEndpoint"] },
        { "Plain API", o => o.ApiBaseAddress = new Uri("http://example.com/"), ["ApiBaseAddress"] },
        { "Other scheme", o => o.ApiBaseAddress = new Uri("ftp://localhost/"), ["ApiBaseAddress"] },
        { "Address as host", o => o.AdditionalApiHosts = ["https://example.com/"], ["AdditionalApiHosts", "'https://example.com/'"] },
        { "Port 0", o => o.AdditionalApiHosts = ["example.com:0"], ["'example.com:0'"] },
        { "Port beyond 65535", o => o.AdditionalApiHosts = ["example.com:70000"], ["'example.com:70000'"] },
        { "RefreshAhead", o => o.RefreshAhead = TimeSpan.Zero, ["RefreshAhead (0 s)"] },
        { "ExpirySkew", o => o.ExpirySkew = TimeSpan.FromSeconds(-1), ["ExpirySkew (-1 s)"] },
        { "Skew beyond refresh-ahead", o => o.ExpirySkew = TimeSpan.FromSeconds(90), ["ExpirySkew (90 s)", "RefreshAhead (60 s)"] },
        { "RefreshLease", o => o.RefreshLease = TimeSpan.Zero, ["RefreshLease (0 s)"] },
        { "Lease beyond grace", o => o.RefreshLease = TimeSpan.FromSeconds(60), ["RefreshLease (60 s)", "GracePeriod (60 s)"] },
        { "Lease margin beyond lease", o => o.LeaseMargin = TimeSpan.FromSeconds(25), ["LeaseMargin (25 s)", "RefreshLease (20 s)"] },
        { "Negative lease margin", o => o.LeaseMargin = TimeSpan.FromSeconds(-1), ["LeaseMargin (-1 s)"] },
        { "Grace margin beyond grace", o => o.GraceMargin = TimeSpan.FromSeconds(45), ["GraceMargin (45 s)", "RefreshLease (20 s)", "GracePeriod (60 s)"] },
        { "GracePeriod", o => o.GracePeriod = TimeSpan.Zero, ["GracePeriod (0 s)"] },
        { "Request beyond lease", o => o.TokenRequestTimeout = TimeSpan.FromSeconds(15), ["TokenRequestTimeout (15 s)", "LeaseMargin (6 s)", "RefreshLease (20 s)"] },
        { "Endless request", o => o.TokenRequestTimeout = TimeSpan.MaxValue, ["TokenRequestTimeout"] },
        { "Infinite request", o => o.TokenRequestTimeout = Timeout.InfiniteTimeSpan, ["TokenRequestTimeout"] },
        { "Endless lease", o => o.RefreshLease = TimeSpan.MaxValue, ["RefreshLease"] },
        { "MaxRetries below 0", o => o.MaxRetries = -1, ["MaxRetries (-1)"] },
        { "MaxRetries beyond 20", o => o.MaxRetries = 21, ["MaxRetries (21)"] },
        { "RetryBaseDelay", o => o.RetryBaseDelay = TimeSpan.Zero, ["RetryBaseDelay (0 s)"] },
        { "MaxRetryDelay", o => o.MaxRetryDelay = TimeSpan.FromMilliseconds(100), ["MaxRetryDelay (0.1 s)", "RetryBaseDelay (0.5 s)"] },
        { "GraceExceeded", o => o.GraceExceeded = (GraceExceededBehavior)9, ["GraceExceeded 9"] },
        { "Window beyond life", o => o.KeepAlive.WindowEnd = 1.2, ["KeepAlive.WindowEnd (1.2)"] },
        { "Window that falls", o => o.KeepAlive.WindowStart = 0.95, ["KeepAlive.WindowStart (0.95)", "KeepAlive.WindowEnd (0.889)"] },
        { "Window from 0", o => o.KeepAlive.WindowStart = 0, ["KeepAlive.WindowStart (0)"] },
        { "Window that is no number", o => o.KeepAlive.WindowStart = double.NaN, ["KeepAlive.WindowStart"] },
        { "MaxConcurrency", o => o.KeepAlive.MaxConcurrency = 0, ["KeepAlive.MaxConcurrency (0)"] },
        { "ScanInterval", o => o.KeepAlive.ScanInterval = TimeSpan.Zero, ["KeepAlive.ScanInterval (0 s)"] },
        { "RecoveryInterval", o => o.KeepAlive.RecoveryInterval = -TimeSpan.FromSeconds(1), ["KeepAlive.RecoveryInterval (-1 s)"] },
        { "RenewalInterval", o => o.KeepAlive.RenewalInterval = TimeSpan.Zero, ["KeepAlive.RenewalInterval (0 s)"] },
        { "Endless ScanInterval", o => o.KeepAlive.ScanInterval = TimeSpan.MaxValue, ["KeepAlive.ScanInterval"] },
        { "RecoveryInterval no timer can wait", o => o.KeepAlive.RecoveryInterval = TimeSpan.FromDays(60), ["KeepAlive.RecoveryInterval"] },
    };

    [Fact]
    public void The_defaults_are_valid_once_client_id_and_secret_are_set() => Assert.Equal([], FaultsOf(_ => { }));

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Each_fault_is_named(string fault, Action<AirwallexOAuthOptions> make, string[] names)
    {
        var message = Assert.Single(FaultsOf(make));

        Assert.All(names, name => Assert.True(message.Contains(name, StringComparison.Ordinal), $"{fault}: '{name}' is not in: {message}"));
    }

    [Theory]
    [InlineData("http://localhost:5000/")]
    [InlineData("http://127.0.0.1:5000/")]
    [InlineData("http://[::1]:5000/")]
    [InlineData("https://example.com/")]
    public void https_and_loopback_addresses_are_accepted(string address) => Assert.Equal([], FaultsOf(options =>
        options.RedirectUri = options.TokenEndpoint = options.AuthorizeEndpoint = options.ApiBaseAddress = new Uri(address)));

    [Fact]
    public async Task All_faults_are_named_in_one_message_when_the_host_starts()
    {
        using var host = HostOf(services => services.AddAirwallexOAuth(options =>
        {
            options.Scopes = ["one two"];
            options.TokenEndpoint = new Uri("http://example.com/");
            options.RefreshLease = TimeSpan.FromSeconds(90);
            options.KeepAlive.MaxConcurrency = 0;
        }));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        var message = Assert.Single(refused.Failures);
        Assert.All(
            ["ClientId", "ClientSecret", "Scopes", "TokenEndpoint", "RefreshLease (90 s)", "KeepAlive.MaxConcurrency (0)"],
            name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Fact]
    public void No_fault_names_the_client_secret()
    {
        var message = Assert.Single(FaultsOf(options => (options.ClientSecret, options.ClientId) = ("do-not-print", "")));

        Assert.DoesNotContain("do-not-print", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_property_can_be_set_from_the_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Airwallex:Environment"] = "Production",
            ["Airwallex:ClientId"] = "id",
            ["Airwallex:ClientSecret"] = "secret",
            ["Airwallex:RedirectUri"] = "https://example.com/callback",
            ["Airwallex:Scopes:0"] = "one",
            ["Airwallex:Scopes:1"] = "two",
            ["Airwallex:ApiVersion"] = "2025-04-25",
            ["Airwallex:AuthorizeEndpoint"] = "https://a.example/",
            ["Airwallex:TokenEndpoint"] = "https://t.example/",
            ["Airwallex:ApiBaseAddress"] = "https://api.example/",
            ["Airwallex:AdditionalApiHosts:0"] = "files.example",
            ["Airwallex:RefreshAhead"] = "00:00:50",
            ["Airwallex:ExpirySkew"] = "00:00:09",
            ["Airwallex:RefreshLease"] = "00:00:21",
            ["Airwallex:LeaseMargin"] = "00:00:05",
            ["Airwallex:GracePeriod"] = "00:01:01",
            ["Airwallex:GraceMargin"] = "00:00:08",
            ["Airwallex:TokenRequestTimeout"] = "00:00:07",
            ["Airwallex:MaxRetries"] = "4",
            ["Airwallex:RetryBaseDelay"] = "00:00:00.6",
            ["Airwallex:MaxRetryDelay"] = "00:00:04",
            ["Airwallex:GraceExceeded"] = "RequireReauthorization",
            ["Airwallex:KeepAlive:Enabled"] = "false",
            ["Airwallex:KeepAlive:WindowStart"] = "0.5",
            ["Airwallex:KeepAlive:WindowEnd"] = "0.7",
            ["Airwallex:KeepAlive:RenewalInterval"] = "30.00:00:00",
            ["Airwallex:KeepAlive:MaxConcurrency"] = "9",
            ["Airwallex:KeepAlive:ScanInterval"] = "00:00:06",
            ["Airwallex:KeepAlive:RecoveryInterval"] = "00:00:03",
        }).Build();

        using var host = HostOf(services => services.AddAirwallexOAuth(configuration.GetSection("Airwallex")));
        var options = host.Services.GetRequiredService<IOptions<AirwallexOAuthOptions>>().Value;

        // None is left at its default: a property that the binder misses, or a new one that is missing here, shows.
        var defaults = new AirwallexOAuthOptions();
        Assert.All(typeof(AirwallexOAuthOptions).GetProperties().Where(p => p.Name != nameof(defaults.KeepAlive)), property =>
            Assert.True(!Equals(property.GetValue(options), property.GetValue(defaults)), property.Name));
        Assert.All(typeof(KeepAliveOptions).GetProperties(), property =>
            Assert.True(!Equals(property.GetValue(options.KeepAlive), property.GetValue(defaults.KeepAlive)), property.Name));
        Assert.Equal(["one", "two"], options.Scopes);
        Assert.Equal(["files.example"], options.AdditionalApiHosts);
        Assert.Equal(TimeSpan.FromSeconds(21), options.RefreshLease);
        Assert.Equal(GraceExceededBehavior.RequireReauthorization, options.GraceExceeded);
    }

    [Fact]
    public void A_configuration_that_changes_takes_effect_without_a_restart()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["ClientId"] = "id", ["ClientSecret"] = "first" }).Build();
        using var host = HostOf(services => services.AddAirwallexOAuth(configuration));
        var monitor = host.Services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        Assert.Equal("first", monitor.CurrentValue.ClientSecret);

        configuration["ClientSecret"] = "second";
        configuration.Reload();

        Assert.Equal("second", monitor.CurrentValue.ClientSecret);
    }

    [Fact]
    public void Registering_twice_registers_once()
    {
        var services = new ServiceCollection();
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("id", "secret"));
        services.AddAirwallexOAuth();

        using var provider = services.BuildServiceProvider();
        Assert.Single(provider.GetServices<IHostedService>());
        Assert.Single(provider.GetServices<IValidateOptions<AirwallexOAuthOptions>>(), v => v is AirwallexOAuthOptionsValidator);
        Assert.Single(services, service => service.ServiceType == typeof(AirwallexConnections));
    }

    [Theory]
    [InlineData("Production", true)]
    [InlineData("Staging", false)]
    [InlineData("Development", false)]
    public void The_store_in_memory_warns_in_production_only(string environment, bool warns)
    {
        using var log = new Flows.RecordingLogger();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("id", "secret"));
        using var host = builder.Build();

        host.Services.GetRequiredService<AirwallexConnections>();

        Assert.Equal(warns, log.Lines.Any(line => line.StartsWith("Warning InMemoryStoreInProduction", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(AirwallexEnvironment.Demo, "https://api-demo.airwallex.com/oauth/token", "https://api-demo.airwallex.com/")]
    [InlineData(AirwallexEnvironment.Sandbox, "https://api.sandbox.airwallex.com/oauth/token", "https://api.sandbox.airwallex.com/")]
    [InlineData(AirwallexEnvironment.Production, "https://api.airwallex.com/oauth/token", "https://api.airwallex.com/")]
    public void The_environments_have_the_published_addresses(AirwallexEnvironment environment, string token, string api)
    {
        var endpoints = AirwallexEndpoints.For(environment);

        Assert.Equal(token, endpoints.TokenEndpoint.AbsoluteUri);
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

    private static IHost HostOf(Action<IServiceCollection> register)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        register(builder.Services);
        return builder.Build();
    }
}
