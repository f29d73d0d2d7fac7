using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Connections;

[Collection(VirtualTime.Name)]
public sealed class ObserverTests
{
    [Fact]
    public async Task An_observer_that_throws_is_logged_and_disturbs_nobody()
    {
        await using var app = new TestApp(
            services: services => services.AddSingleton(new ObserverRegistration("thrower", _ => new Thrower())));

        await app.ConnectAsync();
        await app.Connections.RefreshAsync(TestApp.Account);
        await TestApp.SettleAsync();

        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Refreshed], app.Events.Kinds);
        Assert.Equal(2, app.Log.Lines.Count(line => line.StartsWith("Error ObserverFailed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_observer_that_is_slow_delays_later_events_and_no_refresh()
    {
        var slow = new Slow();
        await using var app = new TestApp(
            services: services => services.AddSingleton(new ObserverRegistration("slow", _ => slow)));
        await app.ConnectAsync();

        await app.Connections.RefreshAsync(TestApp.Account);
        await TestApp.SettleAsync();
        Assert.Equal([ConnectionEventKind.Connected], slow.Kinds);
        slow.GoOn.SetResult();
        await TestApp.SettleAsync();

        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Refreshed], slow.Kinds);
    }

    [Fact]
    public async Task An_observer_that_hangs_holds_up_no_other_and_has_30_s_for_an_event()
    {
        var slow = new Slow();
        await using var app = new TestApp(
            services: services => services.AddSingleton(new ObserverRegistration("slow", _ => slow)));
        await app.ConnectAsync();
        await app.Connections.RefreshAsync(TestApp.Account);
        await TestApp.SettleAsync();
        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Refreshed], app.Events.Kinds);

        await app.AdvanceAsync(31);

        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Refreshed], slow.Kinds);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Error ObserverFailed", StringComparison.Ordinal));
        slow.GoOn.SetResult();
    }

    [Fact]
    public async Task Observers_have_been_told_when_a_round_without_a_host_returns()
    {
        var slow = new Slow();
        await using var app = new TestApp(
            services: services => services.AddSingleton(new ObserverRegistration("slow", _ => slow)), hasHost: false);
        slow.GoOn.SetResult();
        await app.ConnectAsync();
        await TestApp.SettleAsync();
        await app.ChangeStoredAsync(current => current with { RenewAt = app.Time.GetUtcNow() });
        slow.GoOn = new TaskCompletionSource();

        var round = app.Connections.KeepAliveAsync();
        await app.AdvanceAsync(5);
        Assert.False(round.IsCompleted);
        slow.GoOn.SetResult();

        Assert.Equal(1, (await app.ResultAsync(round)).Renewed);
        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Refreshed], slow.Kinds);
    }

    [Fact]
    public async Task An_observer_may_inject_the_facade_and_scoped_services()
    {
        var told = new List<string>();
        await using var app = new TestApp(services: services =>
        {
            services.AddSingleton(told);
            services.AddScoped<Scoped>();
            services.AddScoped<InjectsTheFacade>();
            services.AddSingleton(
                new ObserverRegistration("injects", provider => provider.GetRequiredService<InjectsTheFacade>()));
        });

        await app.ConnectAsync();
        await app.Connections.RefreshAsync(TestApp.Account);
        await TestApp.SettleAsync();

        Assert.Equal(2, told.Distinct().Count()); // A scope for each event.
    }

    [Fact]
    public async Task What_a_queue_cannot_hold_is_dropped_and_disturbs_nobody()
    {
        var slow = new Slow();
        await using var app = new TestApp(
            services: services => services.AddSingleton(new ObserverRegistration("slow", _ => slow)));
        await app.ConnectAsync();
        await TestApp.SettleAsync();

        for (var i = 0; i < 1500; i++)
        {
            app.Application.Notify(ConnectionEventKind.Refreshed, TestApp.KeyOf());
            if (i % 500 == 0)
            {
                await TestApp.SettleAsync(); // The other observer keeps up.
            }
        }

        await TestApp.SettleAsync();
        Assert.Equal(1501, app.Events.All.Count);
        slow.GoOn.SetResult();
        await TestApp.SettleAsync();
        Assert.Equal(1001, slow.Kinds.Count); // The one that it had, and 1,000.
    }

    [Fact]
    public async Task A_failed_refresh_is_told_with_its_exception()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(401));

        await Assert.ThrowsAsync<TokenRequestException>(() => app.TokenAsync());
        await TestApp.SettleAsync();

        var told = Assert.Single(app.Events.All, e => e.Kind == ConnectionEventKind.RefreshFailed);
        Assert.IsType<TokenRequestException>(told.Exception);
        Assert.Equal(TestApp.Account, told.AccountId);
        Assert.Equal(app.Time.GetUtcNow(), told.OccurredAt);
    }

    private sealed class Thrower : IConnectionObserver
    {
        public ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("An observer's own fault.");
    }

    private sealed class Slow : IConnectionObserver
    {
        public List<ConnectionEventKind> Kinds { get; } = [];

        public TaskCompletionSource GoOn { get; set; } = new();

        public async ValueTask OnConnectionEventAsync(
            ConnectionEvent connectionEvent, CancellationToken cancellationToken)
        {
            Kinds.Add(connectionEvent.Kind);
            await GoOn.Task;
        }
    }

    private sealed class Scoped
    {
        public string Id { get; } = Guid.NewGuid().ToString();
    }

    private sealed class InjectsTheFacade(
        AirwallexConnections connections, Scoped scoped, List<string> told) : IConnectionObserver
    {
        public async ValueTask OnConnectionEventAsync(
            ConnectionEvent connectionEvent, CancellationToken cancellationToken)
        {
            await connections.FindAsync(connectionEvent.AccountId, cancellationToken);
            told.Add(scoped.Id);
        }
    }
}
