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
        await using var app = new TestApp(services: services => services.AddSingleton<IConnectionObserver, Thrower>());

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
        await using var app = new TestApp(services: services => services.AddSingleton<IConnectionObserver>(slow));
        await app.ConnectAsync();

        await app.Connections.RefreshAsync(TestApp.Account);
        await TestApp.SettleAsync();
        Assert.Equal([ConnectionEventKind.Connected], slow.Kinds);
        slow.GoOn.SetResult();
        await TestApp.SettleAsync();

        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Refreshed], slow.Kinds);
    }

    [Fact]
    public async Task A_failed_refresh_is_told_with_its_exception()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));

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

        public TaskCompletionSource GoOn { get; } = new();

        public async ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken)
        {
            Kinds.Add(connectionEvent.Kind);
            await GoOn.Task;
        }
    }
}
