namespace Airwallex.OAuth.Packages.Tests;

/// <summary>The packed packages in programs of others.</summary>
public sealed class PackageTests(LocalFeed feed) : IClassFixture<LocalFeed>
{
    private const string Call =
        """
        using Airwallex.OAuth;
        using Microsoft.Extensions.DependencyInjection;
        using Polly;

        var services = new ServiceCollection();
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("id", "secret"));
        services.AddHttpClient("balances").AddAirwallexToken();
        await using var provider = services.BuildServiceProvider();
        Console.WriteLine(provider.GetRequiredService<AirwallexClientFactory>().CreateClient("acct_one").BaseAddress);

        """;

    private string Core => $"Airwallex.OAuth {feed.Version}";

    [Fact]
    public async Task An_empty_program_on_NET_8_grows_by_packages_of_its_own_line_only()
    {
        string[] pinned = ["Microsoft.Extensions.Http 8.0.1"];
        var before = await new PackedProgram(feed, "net8.0", pinned).RestoreAsync();

        var after = await new PackedProgram(feed, "net8.0", [.. pinned, Core]).RestoreAsync();

        Assert.All(before, package => Assert.Equal(package.Value, after[package.Key])); // Nothing is lifted.
        Assert.Equal(
        [
            "Airwallex.OAuth",
            "Microsoft.AspNetCore.DataProtection.Abstractions",
            "Microsoft.Extensions.Diagnostics.HealthChecks",
            "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions",
            "Microsoft.Extensions.FileProviders.Abstractions",
            "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.IdentityModel.Abstractions",
            "Microsoft.IdentityModel.JsonWebTokens",
            "Microsoft.IdentityModel.Logging",
            "Microsoft.IdentityModel.Tokens",
            "Polly",
            "Polly.Core",
            "Polly.Extensions.Http",
            "System.IdentityModel.Tokens.Jwt",
        ], after.Keys.Except(before.Keys));
        Assert.All(
            after.Where(package => package.Key.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
                || package.Key.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)),
            package => Assert.StartsWith("8.0.", package.Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_program_on_NET_8_builds_and_runs_beside_Polly_8()
    {
        var program = new PackedProgram(
            feed, "net8.0", ["Microsoft.Extensions.Http 8.0.1", "Polly.Core 8.9.1", Core], Call +
            """
            var retries = new ResiliencePipelineBuilder().AddRetry(new Polly.Retry.RetryStrategyOptions()).Build();
            Console.WriteLine(await retries.ExecuteAsync(_ => ValueTask.FromResult("retried")));
            """);

        await program.BuildAsync();
        var output = await program.RunAsync();

        Assert.Contains("https://api-demo.airwallex.com/", output, StringComparison.Ordinal);
        Assert.Contains("retried", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_on_NET_10_builds_and_runs_beside_the_standard_resilience_handler()
    {
        var program = new PackedProgram(feed, "net10.0", ["Microsoft.Extensions.Http.Resilience 10.11.0", Core], Call +
            """
            services.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler());
            var retries = new ResiliencePipelineBuilder().AddRetry(new Polly.Retry.RetryStrategyOptions()).Build();
            Console.WriteLine(await retries.ExecuteAsync(_ => ValueTask.FromResult("retried")));
            """);

        await program.BuildAsync();
        var output = await program.RunAsync();

        Assert.Contains("https://api-demo.airwallex.com/", output, StringComparison.Ordinal);
        Assert.Contains("retried", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_application_on_NET_8_is_not_lifted_above_its_framework()
    {
        var packages = await new PackedProgram(
            feed, "net8.0", [$"Airwallex.OAuth.AspNetCore {feed.Version}"],
                sdk: "Microsoft.NET.Sdk.Web").RestoreAsync();

        Assert.All(
            packages.Where(package => package.Key.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
                || package.Key.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)),
            package => Assert.StartsWith("8.0.", package.Value, StringComparison.Ordinal));
    }
}
