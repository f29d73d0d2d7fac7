using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airwallex.OAuth.AspNetCore.Tests;

public sealed class HealthCheckTests
{
    private static readonly Uri s_redirectUri = new("http://localhost/airwallex/callback");

    [Fact]
    public async Task Connections_that_can_be_used_are_healthy_and_counted()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, 3);
        await app.Connections.MarkDisconnectedAsync("acct_2", "Gone.");

        var entry = await CheckAsync(app);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(2, entry.Data["active"]);
        Assert.Equal(1, entry.Data["disconnected"]);
        Assert.Equal(0, entry.Data["reauthorization_required"]);
        Assert.Equal(0, entry.Data["past_renewal_window"]);
        Assert.Equal(false, entry.Data["at_least"]);
    }

    [Fact]
    public async Task No_connection_at_all_is_healthy()
    {
        await using var app = await StartAsync();

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_refresh_token_past_its_window_is_degraded()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, 1);

        app.Time.Advance(TimeSpan.FromDays(79));
        var inside = await CheckAsync(app);
        app.Time.Advance(TimeSpan.FromDays(1.1));
        var past = await CheckAsync(app);

        Assert.Equal(HealthStatus.Healthy, inside.Status);
        Assert.Equal(HealthStatus.Degraded, past.Status);
        Assert.Equal(1, past.Data["past_renewal_window"]);
    }

    [Theory]
    [InlineData(0.1, 10, HealthStatus.Healthy)]
    [InlineData(0.1, 9, HealthStatus.Degraded)]
    [InlineData(0, 10, HealthStatus.Degraded)]
    [InlineData(1, 1, HealthStatus.Healthy)]
    public async Task Too_many_connections_that_wait_are_degraded(double share, int connections, HealthStatus expected)
    {
        await using var app = await StartAsync(health => health.MaxWaitingShare = share);
        await ConnectAsync(app, connections);
        app.Simulator.RevokeByUser("acct_0");
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.Connections.RefreshAsync("acct_0"));

        var entry = await CheckAsync(app);

        Assert.Equal(expected, entry.Status);
        Assert.Equal(1, entry.Data["reauthorization_required"]);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_unhealthy()
    {
        await using var app = await StartAsync();
        app.Store.IsDown = true;

        var entry = await CheckAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.NotNull(entry.Exception);
    }

    [Fact]
    public async Task A_refused_client_is_unhealthy_until_a_refresh_succeeds()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, 1);
        app.Simulator.ChangeClientSecret("changed-at-airwallex");
        await Assert.ThrowsAsync<TokenRequestException>(() => app.Connections.RefreshAsync("acct_0"));
        await app.AdvanceUntilAsync(() => app.App.Services.GetRequiredService<ClientRefusal>().Last is not null);
        var refused = await CheckAsync(app);

        app.Simulator.ChangeClientSecret("simulated-client-secret");
        app.Time.Advance(TimeSpan.FromHours(1));
        await app.Connections.RefreshAsync("acct_0");
        await app.AdvanceUntilAsync(() => app.App.Services.GetRequiredService<ClientRefusal>().Last is null);
        var accepted = await CheckAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, refused.Status);
        Assert.Contains("ClientSecret", refused.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, accepted.Status);
    }

    [Fact]
    public async Task A_client_refused_while_a_customer_connects_is_unhealthy()
    {
        await using var app = await StartAsync();
        app.Simulator.ChangeClientSecret("changed-at-airwallex");
        using var browser = app.NewBrowser();

        await app.ConnectAsync(browser);

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task Airwallex_being_down_is_no_fault_of_the_client()
    {
        await using var app = await StartAsync(options: core => core.MaxRetries = 0);
        await ConnectAsync(app, 1);
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));

        await Assert.ThrowsAsync<TokenRequestException>(() => app.Connections.RefreshAsync("acct_0"));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_probe_reads_no_more_than_it_needs()
    {
        await using var app = await StartAsync(health => health.MaxCounted = 5);
        await ConnectAsync(app, 40);
        var before = app.Store.Listed;

        var entry = await CheckAsync(app);

        Assert.Equal(5, entry.Data["active"]);
        Assert.Equal(true, entry.Data["at_least"]);
        Assert.InRange(app.Store.Listed - before, 1, 6);
    }

    [Fact]
    public async Task Counting_goes_on_until_the_share_is_certain()
    {
        await using var app = await StartAsync(health => health.MaxCounted = 5);
        await ConnectAsync(app, 40);
        app.Simulator.RevokeByUser("acct_0");
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.Connections.RefreshAsync("acct_0"));

        // 1 of 6 would be too many; 1 of 40 is not.
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task Name_status_and_tags_can_be_chosen()
    {
        await using var app = await ConnectApp.StartAsync(services: services => services.AddHealthChecks()
            .AddAirwallexOAuth(name: "payments", failureStatus: HealthStatus.Degraded, tags: ["ready"]));
        app.Store.IsDown = true;

        var entry = (await app.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["payments"];

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal("ready", Assert.Single(entry.Tags));
    }

    [Fact]
    public async Task It_works_without_the_connect_flow()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddAirwallexOAuth(core => (core.ClientId, core.ClientSecret) = ("id", "secret"));
        builder.Services.AddHealthChecks().AddAirwallexOAuth();
        await using var app = builder.Build();

        Assert.Equal(HealthStatus.Healthy, (await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
    }

    private static Task<ConnectApp> StartAsync(Action<ConnectionHealthOptions>? health = null, Action<AirwallexOAuthOptions>? options = null) =>
        ConnectApp.StartAsync(options: options, services: services => services.AddHealthChecks().AddAirwallexOAuth(health));

    private static async Task ConnectAsync(ConnectApp app, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await app.Connections.ConnectAsync(app.Simulator.ConnectAccount($"acct_{i}", s_redirectUri), s_redirectUri);
        }
    }

    private static async Task<HealthReportEntry> CheckAsync(ConnectApp app) =>
        (await app.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["airwallex"];
}
