using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Tests.Options;

/// <summary>Options from a section of the configuration.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void Every_property_can_be_set_from_the_configuration()
    {
        var options = OptionsOf(Programs.Configuration(
            ("Environment", "production"),
            ("ClientId", "other-id"),
            ("ClientSecret", "other-secret"),
            ("RedirectUri", "https://example.com/callback"),
            ("Scopes:0", "one"),
            ("Scopes:1", "two"),
            ("ApiVersion", "2025-04-25"),
            ("AuthorizeEndpoint", "https://a.example/"),
            ("TokenEndpoint", "https://t.example/"),
            ("ApiBaseAddress", "https://api.example/"),
            ("AdditionalApiHosts:0", "files.example"),
            ("RefreshAhead", "00:00:50"),
            ("GracePeriod", "00:01:01"),
            ("KeepAlive:Enabled", "false"),
            ("KeepAlive:WindowStart", "0.5"),
            ("KeepAlive:WindowEnd", "0.7"),
            ("KeepAlive:MaxConcurrency", "9")));

        // None is left at its default: a property that the binder misses, or a new one that is missing here, shows.
        var defaults = new AirwallexOAuthOptions();
        Assert.All(
            typeof(AirwallexOAuthOptions).GetProperties().Where(
                property => property.Name != nameof(defaults.KeepAlive)),
            property => Assert.True(!Equals(property.GetValue(options), property.GetValue(defaults)), property.Name));
        Assert.All(typeof(KeepAliveOptions).GetProperties(), property => Assert.True(
            !Equals(property.GetValue(options.KeepAlive), property.GetValue(defaults.KeepAlive)), property.Name));
        Assert.Equal(["one", "two"], options.Scopes);
        Assert.Equal(["files.example"], options.AdditionalApiHosts);
        Assert.Equal(TimeSpan.FromSeconds(61), options.GracePeriod);
        Assert.Equal(AirwallexEnvironment.Production, options.Environment);
    }

    [Theory]
    [InlineData("one two")]
    [InlineData("  one \n two ")]
    public void Scopes_may_be_one_text_with_white_space_between_them(string scopes) =>
        Assert.Equal(["one", "two"], OptionsOf(Programs.Configuration(("Scopes", scopes))).Scopes);

    [Fact]
    public void Scopes_of_an_environment_variable_replace_the_list_of_a_file() => Assert.Equal(
        ["three"],
            OptionsOf(Programs.Configuration(("Scopes:0", "one"), ("Scopes:1", "two"), ("Scopes", "three"))).Scopes);

    [Fact]
    public void A_blank_value_changes_nothing()
    {
        var options = OptionsOf(Programs.Configuration(
            ("Environment", ""), ("RedirectUri", " "), ("GracePeriod", ""), ("ApiVersion", ""), ("Scopes", "")));

        Assert.Equal(AirwallexEnvironment.Demo, options.Environment);
        Assert.Null(options.RedirectUri);
        Assert.Null(options.ApiVersion);
        Assert.Equal(TimeSpan.FromSeconds(60), options.GracePeriod);
        Assert.Empty(options.Scopes);
    }

    [Theory]
    [InlineData(
        "Environment", "Prod", "Airwallex:Environment 'Prod' does not exist; choose Demo, Sandbox or Production.")]
    [InlineData("Environment", "2", "Airwallex:Environment '2' does not exist; choose Demo, Sandbox or Production.")]
    [InlineData("RefreshAhead", "60s", "Airwallex:RefreshAhead '60s' is not a duration; write 00:01:00 for a minute.")]
    [InlineData("GracePeriod", "60", "To .NET, \"60\" is 60 days: write \"00:01:00\" for a minute.")]
    [InlineData("KeepAlive:Enabled", "yes", "Airwallex:KeepAlive:Enabled 'yes' must be true or false.")]
    [InlineData("KeepAlive:WindowStart", "2/3", "Airwallex:KeepAlive:WindowStart '2/3' must be a number.")]
    [InlineData("KeepAlive:MaxConcurrency", "4.5", "Airwallex:KeepAlive:MaxConcurrency '4.5' must be a whole number.")]
    [InlineData("TokenEndpoint", "https://", "Airwallex:TokenEndpoint 'https://' is not an address.")]
    public async Task A_value_that_cannot_be_read_is_named_at_start_beside_the_other_faults(
        string key, string value, string message)
    {
        var configuration = Programs.Configuration((key, value), ("ClientId", ""));
        using var host = Programs.Host(
            services => services.AddAirwallexOAuth(configuration.GetSection("Airwallex")));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains("ClientId is missing", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_builder_knows_the_section_that_it_was_given()
    {
        var section = Programs.Configuration().GetSection("Airwallex");

        Assert.Same(section, new ServiceCollection().AddAirwallexOAuth(section).Configuration);
        Assert.Null(new ServiceCollection().AddAirwallexOAuth(Programs.Valid).Configuration);
    }

    [Fact]
    public void A_configuration_that_changes_takes_effect_without_a_restart()
    {
        var configuration = Programs.Configuration();
        using var services = Programs.Without(
            services => services.AddAirwallexOAuth(configuration.GetSection("Airwallex")));
        var monitor = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        Assert.Equal("secret", monitor.CurrentValue.ClientSecret);

        Change(configuration, ("ClientSecret", "second"), ("ClientId", "second-id"));

        Assert.Equal("second", monitor.CurrentValue.ClientSecret);
        Assert.Equal("second-id", monitor.CurrentValue.ClientId);
    }

    [Theory]
    [InlineData("ClientId", "")]
    [InlineData("Environment", "Prod")]
    [InlineData("GracePeriod", "60")]
    public async Task A_change_that_cannot_be_used_is_reported_and_the_options_before_it_stay_in_force(
        string key, string value)
    {
        var log = new Lines();
        var configuration = Programs.Configuration();
        using var services = Programs.Without(
            services => services.AddAirwallexOAuth("eu", configuration.GetSection("Airwallex")), log);
        var monitor = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        Assert.Equal("id", monitor.Get("eu").ClientId);

        Change(configuration, (key, value), ("ClientSecret", "second"));
        Assert.Equal("secret", monitor.Get("eu").ClientSecret);
        Assert.Equal("id", monitor.Get("eu").ClientId);
        var line = await log.NextAsync("Error ChangedOptionsNotUsable");
        Assert.Contains("the application 'eu'", line, StringComparison.Ordinal);
        Assert.Contains(key, line, StringComparison.Ordinal);

        Change(configuration, (key, key == "ClientId" ? "third-id" : null));
        Assert.Equal("second", monitor.Get("eu").ClientSecret);
    }

    [Fact]
    public async Task A_validator_or_a_log_that_throws_leaves_the_options_before_the_change_in_force()
    {
        var log = new Lines { Failure = new InvalidOperationException("The disk is full.") };
        var configuration = Programs.Configuration();
        using var services = Programs.Without(
            services =>
            {
                services.AddAirwallexOAuth(configuration.GetSection("Airwallex"));
                services.PostConfigure<AirwallexOAuthOptions>(options =>
                    _ = options.ClientSecret == "secret" ? 0 : throw new FormatException("Not mine."));
            },
            log);
        var monitor = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        Assert.Equal("secret", monitor.CurrentValue.ClientSecret);

        Change(configuration, ("ClientSecret", "second"));

        Assert.Equal("secret", monitor.CurrentValue.ClientSecret);
        await log.NextAsync("Error ChangedOptionsNotUsable");
    }

    [Fact]
    public void A_callback_of_others_that_throws_does_not_keep_a_change_from_taking_effect()
    {
        var configuration = Programs.Configuration();
        using var services = Programs.Without(
            services => services.AddAirwallexOAuth(configuration.GetSection("Airwallex")));
        var monitor = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        var application = services.GetRequiredService<AirwallexApplications>().All.Single();
        using var callback = monitor.OnChange((_, _) => throw new InvalidOperationException("Not mine."));

        foreach (var secret in new[] { "second", "third" })
        {
            try
            {
                Change(configuration, ("ClientSecret", secret));
            }
            catch (AggregateException)
            {
            }

            Assert.Equal(secret, application.Options.ClientSecret);
        }
    }

    private static void Change(IConfigurationRoot configuration, params (string Key, string? Value)[] values)
    {
        foreach (var (key, value) in values)
        {
            configuration["Airwallex:" + key] = value;
        }

        configuration.Reload();
    }

    private static AirwallexOAuthOptions OptionsOf(IConfiguration configuration)
    {
        using var services = Programs.Without(
            services => services.AddAirwallexOAuth(configuration.GetSection("Airwallex")));
        return services.GetRequiredService<IOptions<AirwallexOAuthOptions>>().Value;
    }
}
