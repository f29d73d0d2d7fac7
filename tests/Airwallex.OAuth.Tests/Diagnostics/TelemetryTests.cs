using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Diagnostics;

[Collection(VirtualTime.Name)]
public sealed class TelemetryTests
{
    [Fact]
    public async Task A_refresh_is_measured_under_the_documented_names()
    {
        await using var app = new TestApp(options => options.MaxRetries = 0, services => services.AddMetrics());
        var measured = new ConcurrentQueue<(string Name, string? Unit, double Value, Dictionary<string, object?> Tags)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == AirwallexOAuthDiagnostics.MeterName && ReferenceEquals(instrument.Meter.Scope, app.Get<IMeterFactory>()))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => measured.Enqueue((i.Name, i.Unit, value, new(tags.ToArray()))));
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => measured.Enqueue((i.Name, i.Unit, value, new(tags.ToArray()))));
        listener.Start();

        await app.ConnectAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayAnswer(TimeSpan.FromSeconds(2)));
        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503, """{"error":"temporarily_unavailable"}"""));
        await Assert.ThrowsAsync<TokenRequestException>(() => app.Connections.RefreshAsync(TestApp.Account));
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();
        await app.FailureAsync<ReauthorizationRequiredException>(app.TokenAsync());

        await TestApp.SettleAsync(); // The caller has his answer a moment before the refresh is measured.
        var durations = measured.Where(m => m.Name == "airwallex.oauth.refresh.duration").ToList();
        Assert.Equal(3, durations.Count);
        Assert.All(durations, m => Assert.Equal("s", m.Unit));
        Assert.Equal(2, durations[0].Value, 0.3);
        Assert.Equal("forced", durations[0].Tags["airwallex.oauth.trigger"]);
        Assert.False(durations[0].Tags.ContainsKey("error.type"));
        Assert.Equal("temporarily_unavailable", durations[1].Tags["error.type"]);
        Assert.Equal("expired", durations[2].Tags["airwallex.oauth.trigger"]);
        Assert.Equal(nameof(ReauthorizationRequiredException), durations[2].Tags["error.type"]);
        Assert.Equal(0, measured.Where(m => m.Name == "airwallex.oauth.refresh.active").Sum(m => m.Value));
        Assert.Equal(1, measured.Where(m => m.Name == "airwallex.oauth.reauthorizations").Sum(m => m.Value));
        Assert.DoesNotContain(measured, m => m.Tags.Values.Any(value => value?.ToString() == TestApp.Account)); // Each would be a time series.
    }

    [Fact]
    public async Task An_overdue_renewal_is_counted()
    {
        await using var app = new TestApp(options => options.MaxRetries = 0, services => services.AddMetrics());
        var overdue = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "airwallex.oauth.renewals.overdue" && ReferenceEquals(instrument.Meter.Scope, app.Get<IMeterFactory>()))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => overdue += value);
        listener.Start();
        await app.ConnectAsync();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));
        app.Time.Advance(TimeSpan.FromDays(81));

        await app.Maintenance.RenewAsync(CancellationToken.None);
        await TestApp.SettleAsync();

        Assert.Equal(1, overdue);
    }

    [Fact]
    public async Task A_refresh_is_a_span_with_its_account_and_trigger()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == AirwallexOAuthDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = new TestApp(options => options.MaxRetries = 0);
        await app.ConnectAsync();
        await app.Connections.RefreshAsync(TestApp.Account);
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));
        await Assert.ThrowsAsync<TokenRequestException>(() => app.Connections.RefreshAsync(TestApp.Account));

        await TestApp.SettleAsync(); // The caller has his answer a moment before the span ends.
        var ours = spans.ToList();
        Assert.Equal(2, ours.Count);
        Assert.All(ours, span => Assert.Equal("airwallex.oauth.refresh", span.OperationName));
        Assert.All(ours, span => Assert.Equal(TestApp.Account, span.GetTagItem("airwallex.account_id")));
        Assert.All(ours, span => Assert.Equal("forced", span.GetTagItem("airwallex.oauth.trigger")));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], ours.Select(span => span.Status));
    }

    [Fact]
    public async Task A_refresh_inherits_nothing_of_the_caller_who_happened_to_start_it()
    {
        await using var app = new TestApp { Network = Network.Before(_ => Assert.Null(CallersContext.Value)) };
        await app.ConnectAsync();
        app.ExpireTokens();
        CallersContext.Value = "the caller's tenant";

        await app.TokenAsync();
    }

    private static readonly AsyncLocal<string?> CallersContext = new();
}
