using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airwallex.OAuth.Tests.Diagnostics;

[Collection(VirtualTime.Name)]
public sealed class HealthCheckTests
{
    [Fact]
    public async Task Connections_that_can_be_used_are_healthy_and_counted()
    {
        await using var app = App();
        await app.ConnectAsync("acct_one");
        await app.ConnectAsync("acct_two");

        var entry = await CheckAsync(app);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(2L, entry.Data["active"]);
        Assert.Equal(0L, entry.Data["reauthorization_required"]);
        Assert.Equal(0L, entry.Data["disconnected"]);
        Assert.Equal(0L, entry.Data["renewal_due"]);
        Assert.Equal(2, entry.Data["sampled"]);
        Assert.Equal(0, entry.Data["unreadable"]);
        Assert.Equal(0, entry.Data["responses_held"]);
    }

    [Fact]
    public async Task A_store_without_a_connection_is_healthy()
    {
        await using var app = App();

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_unhealthy()
    {
        await using var app = App();
        app.Store.Failure = new IOException("The database is down.");

        var entry = await CheckAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("Repair the store", entry.Description, StringComparison.Ordinal);
        Assert.IsType<IOException>(entry.Exception!.InnerException);
    }

    [Fact]
    public async Task A_store_that_hangs_is_unhealthy_and_holds_up_no_later_probe()
    {
        await using var app = App();
        app.Store.Hang = new TaskCompletionSource();

        var first = CheckAsync(app);
        await app.AdvanceUntilAsync(first);

        Assert.Equal(HealthStatus.Unhealthy, (await first).Status);
        app.Store.Hang.SetResult();
        app.Store.Hang = null;
        app.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task Probes_within_15_s_read_the_store_once()
    {
        await using var app = App();
        await app.ConnectAsync();
        var before = app.Store.Calls;

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => CheckAsync(app)));
        var once = app.Store.Calls - before;
        app.Time.Advance(TimeSpan.FromSeconds(14));
        await CheckAsync(app);
        var still = app.Store.Calls - before;
        app.Time.Advance(TimeSpan.FromSeconds(1));
        await CheckAsync(app);

        Assert.Equal((2, 2), (once, still)); // One summary, one page.
        Assert.Equal(4, app.Store.Calls - before);
    }

    [Fact]
    public async Task Tokens_that_cannot_be_decrypted_are_unhealthy()
    {
        await using var first = App();
        await first.ConnectAsync();
        await using var second = new TestApp(beside: first, services: services => services
            .AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider())
            .AddHealthChecks().AddAirwallexOAuth());

        var entry = await CheckAsync(second);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal(1, entry.Data["unreadable"]);
        Assert.Contains("Bring the Data Protection keys back", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_another_client_id_alone_are_unhealthy()
    {
        await using var app = App();
        await app.ConnectAsync();
        app.Reconfigure(options => options.ClientId = "another-client-id");

        var entry = await CheckAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("simulated-client-id", entry.Description, StringComparison.Ordinal);
        Assert.Contains("correct ClientId", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_another_application_of_this_process_are_healthy()
    {
        await using var app = App(services: services => services.AddAirwallexOAuth("asia", options =>
        {
            options.ClientId = "asian-client-id";
            options.ClientSecret = "asian-client-secret";
        }));
        await app.ConnectAsync();

        var entry = await CheckAsync(app);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(1L, entry.Data["active"]);
        Assert.Equal(0L, entry.Data["asia.active"]);
    }

    [Fact]
    public async Task Responses_in_memory_are_unhealthy_until_they_are_saved()
    {
        await using var app = App();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(1)));
        var token = app.TokenAsync();
        await app.AdvanceAsync(0.5);
        app.Store.TrySave = (_, _) => throw new IOException("The disk is full.");
        await app.AdvanceUntilAsync(() => app.Application.ResponsesHeld == 1);
        await token;

        var held = await CheckAsync(app);
        app.Store.TrySave = null;
        await app.AdvanceUntilAsync(() => app.Application.ResponsesHeld == 0);

        Assert.Equal(HealthStatus.Unhealthy, held.Status);
        Assert.Equal(1, held.Data["responses_held"]);
        Assert.Contains("do not stop the process", held.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_refused_client_is_unhealthy_until_its_options_change()
    {
        await using var app = App();
        await RefuseClientAsync(app);

        var refused = await CheckAsync(app);
        app.Reconfigure(options => options.ClientSecret = "changed-at-airwallex");

        Assert.Equal(HealthStatus.Unhealthy, refused.Status);
        Assert.Contains("Correct ClientId and ClientSecret", refused.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_refused_client_is_asked_about_again_after_a_minute()
    {
        await using var app = App();
        await app.ConnectAsync("acct_two");
        await RefuseClientAsync(app);
        app.Simulator.DefaultClient.ChangeSecret("simulated-client-secret"); // Somebody puts it right at Airwallex.
        var before = app.CountRefreshes();

        var early = await CheckAsync(app);
        await TestApp.SettleAsync();
        var asked = app.CountRefreshes() - before;
        for (var probe = 0; probe < 20 && app.CountRefreshes() == before; probe++)
        {
            await app.AdvanceAsync(61, step: 1);
            await CheckAsync(app);
            await app.AdvanceAsync(1);
        }

        Assert.Equal((HealthStatus.Unhealthy, 0), (early.Status, asked));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_client_that_was_refused_while_nothing_is_connected_does_not_stay_unhealthy()
    {
        await using var app = App();
        app.Simulator.DefaultClient.ChangeSecret("changed-at-airwallex");
        await app.FailureAsync<TokenRequestException>(
            app.Connections.ConnectAsync(app.Simulator.ConnectAccount(TestApp.Account)));

        var refused = await CheckAsync(app);
        app.Time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(HealthStatus.Unhealthy, refused.Status);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task An_outage_of_Airwallex_is_not_a_fault_of_the_client()
    {
        await using var app = App();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        await app.FailureAsync<TokenRequestException>(app.TokenAsync());

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_renewal_that_is_a_day_late_is_degraded()
    {
        await using var app = App();
        var renewAt = (await app.ConnectAsync()).RenewAt;

        app.Time.Advance(renewAt - app.Time.GetUtcNow() + TimeSpan.FromHours(23.9));
        var late = await CheckAsync(app);
        app.Time.Advance(TimeSpan.FromHours(0.2));
        var tooLate = await CheckAsync(app);

        Assert.Equal((HealthStatus.Healthy, 1L), (late.Status, late.Data["renewal_due"]));
        Assert.Equal(HealthStatus.Degraded, tooLate.Status);
        Assert.Contains("24 hours late", tooLate.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1, 10, HealthStatus.Healthy)]
    [InlineData(0.1, 9, HealthStatus.Degraded)]
    [InlineData(0, 10, HealthStatus.Degraded)]
    [InlineData(1, 1, HealthStatus.Healthy)]
    public async Task Too_many_connections_that_wait_are_degraded(double share, int connections, HealthStatus expected)
    {
        await using var app = App(health => health.MaxWaitingShare = share);
        for (var account = 0; account < connections; account++)
        {
            await app.ConnectAsync(account == 0 ? TestApp.Account : $"acct_{account}");
        }

        app.Simulator.RevokeByUser(TestApp.Account);
        await app.FailureAsync<ReauthorizationRequiredException>(app.Connections.RefreshAsync(TestApp.Account));

        var entry = await CheckAsync(app);

        Assert.Equal(expected, entry.Status);
        Assert.Equal(1L, entry.Data["reauthorization_required"]);
    }

    [Fact]
    public async Task Name_status_and_tags_can_be_chosen()
    {
        await using var app = new TestApp(services: services => services.AddHealthChecks()
            .AddAirwallexOAuth(name: "payments", failureStatus: HealthStatus.Degraded, tags: ["ready"]));
        app.Store.Failure = new IOException("The database is down.");

        var entry = await CheckAsync(app, "payments");

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal("ready", Assert.Single(entry.Tags));
    }

    private static async Task RefuseClientAsync(TestApp app)
    {
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.DefaultClient.ChangeSecret("changed-at-airwallex");
        await app.FailureAsync<TokenRequestException>(app.TokenAsync());
    }

    private static TestApp App(
        Action<ConnectionHealthOptions>? configure = null, Action<IServiceCollection>? services = null) =>
        new(services: collection =>
        {
            services?.Invoke(collection);
            collection.AddHealthChecks().AddAirwallexOAuth(configure);
        });

    private static async Task<HealthReportEntry> CheckAsync(TestApp app, string name = "airwallex")
    {
        var report = await app.Get<HealthCheckService>().CheckHealthAsync();
        return report.Entries[name];
    }
}
