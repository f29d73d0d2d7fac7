using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Diagnostics;

public sealed class RefreshTraceTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly string _name = Guid.NewGuid().ToString("N"); // Spans are the process's: a name tells ours.
    private readonly ListeningTo _listening;

    public RefreshTraceTests() => _listening = new ListeningTo(Meters, _name);

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    [Fact]
    public async Task A_refresh_is_a_span_with_its_events_and_its_token_requests_as_children()
    {
        var telemetry = new Telemetry(_name, Meters, _time);
        var caller = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var start = _time.GetUtcNow();

        var trace = telemetry.StartRefresh(RefreshTrigger.KeepAlive, "acct_1", caller);
        Pass(0.1);
        trace.LeaseWait();
        Pass(0.1);
        trace.AttemptStored();
        trace.SendStarted(isRetry: false, isLastSend: false);
        Pass(2);
        trace.LeaseRenewal("renewed");
        Pass(1);
        trace.SendEnded(Failure(503), isLost: true);
        Pass(0.5);
        trace.SendStarted(isRetry: true, isLastSend: false);
        Pass(0.2);
        trace.SendEnded(null, isLost: false);
        trace.Saved();
        Pass(0.1);
        trace.End("refreshed");
        trace.End("failed");
        trace.Saved();
        await telemetry.DisposeAsync();

        Assert.Equal(3, _listening.Spans.Count);
        var refresh = Assert.Single(_listening.Spans, span => span.OperationName == "airwallex.oauth.refresh");
        Assert.Equal((start.UtcDateTime, TimeSpan.FromSeconds(4)), (refresh.StartTimeUtc, refresh.Duration));
        Assert.Equal(caller, Assert.Single(refresh.Links).Context);
        Assert.NotEqual(caller.TraceId, refresh.TraceId);
        Assert.Equal(
            [
                "lease_wait 0.1", "attempt 0.2", "send 0.2", "lease_renewal 2.2",
                "response 3.2", "send 3.7", "response 3.9", "save 3.9",
            ],
            refresh.Events.Select(happened => $"{happened.Name} {(happened.Timestamp - start).TotalSeconds:0.0}"));
        Assert.Equal("acct_1", refresh.GetTagItem("airwallex.oauth.account_id"));
        Assert.Equal("keep_alive", refresh.GetTagItem("airwallex.oauth.trigger"));
        Assert.Equal("refreshed", refresh.GetTagItem("airwallex.oauth.outcome"));
        Assert.Equal(ActivityStatusCode.Unset, refresh.Status);

        var requests = _listening.Spans.Where(span => span.OperationName == "airwallex.oauth.token_request").ToList();
        Assert.All(requests, request => Assert.Equal(refresh.TraceId, request.TraceId));
        Assert.All(requests, request => Assert.Equal(refresh.SpanId, request.ParentSpanId));
        Assert.All(requests, request => Assert.Equal(ActivityKind.Client, request.Kind));
        Assert.Equal([3, 0.2], requests.Select(request => request.Duration.TotalSeconds));
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Unset], requests.Select(request => request.Status));
        Assert.Equal("server_error", requests[0].GetTagItem("error.type"));
        Assert.Equal(503, requests[0].GetTagItem("http.response.status_code"));
    }

    [Fact]
    public async Task What_a_refresh_tells_is_counted()
    {
        await using var telemetry = new Telemetry(_name, Meters, _time);
        var trace = telemetry.StartRefresh(RefreshTrigger.Recovery, "acct_1", default);

        trace.LeaseWait();
        trace.SendStarted(isRetry: true, isLastSend: false);
        trace.SendEnded(Failure(503), isLost: true);
        trace.SendStarted(isRetry: true, isLastSend: true);
        trace.LeaseRenewal("lost");
        trace.SendEnded(null, isLost: false);
        await FlushAsync(telemetry);
        var active = _listening.Read("airwallex.oauth.refresh.active", []);
        Pass(3);
        trace.End("recovered");
        await FlushAsync(telemetry);

        Assert.Equal(1, active);
        Assert.Equal(0, _listening.Read("airwallex.oauth.refresh.active", []));
        Assert.Equal(1, _listening.Read("airwallex.oauth.lease.waits", []));
        Assert.Equal(1, _listening.Read("airwallex.oauth.lease.renewals", ("airwallex.oauth.outcome", "lost")));
        Assert.Equal(1, _listening.Read("airwallex.oauth.refresh.retries", []));
        Assert.Equal(1, _listening.Read("airwallex.oauth.refresh.last_sends", []));
        Assert.Equal(1, _listening.Read("airwallex.oauth.responses.lost", []));
        Assert.Equal(1, _listening.Read("airwallex.oauth.refreshes",
            ("airwallex.oauth.trigger", "recovery"), ("airwallex.oauth.outcome", "recovered")));
        Assert.Equal(1, _listening.Read("airwallex.oauth.token_requests",
            ("airwallex.oauth.grant_type", "refresh_token"), ("airwallex.oauth.outcome", "server_error")));
    }

    [Fact]
    public async Task A_refresh_that_fails_shows_the_kind_of_error_and_no_text_of_the_server()
    {
        var telemetry = new Telemetry(_name, Meters, _time);
        var trace = telemetry.StartRefresh(RefreshTrigger.Expired, "acct_1", default);
        var failure = new TokenRequestException("The server says: kaboom.")
        {
            StatusCode = HttpStatusCode.BadRequest,
            Error = "kaboom",
            ErrorDescription = "kaboom",
        };

        trace.SendStarted(isRetry: false, isLastSend: false);
        trace.SendEnded(failure, isLost: false);
        trace.End("rejected", failure);
        await telemetry.DisposeAsync();

        var refresh = Assert.Single(_listening.Spans, span => span.OperationName == "airwallex.oauth.refresh");
        Assert.Equal((ActivityStatusCode.Error, null), (refresh.Status, refresh.StatusDescription));
        Assert.Equal("rejected", refresh.GetTagItem("error.type"));
        Assert.All(_listening.Spans, span => Assert.DoesNotContain(
            span.TagObjects.Concat(span.Events.SelectMany(happened => happened.Tags)),
            tag => $"{tag.Value}".Contains("kaboom", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Activity_listeners_that_throw_or_hang_hold_up_nobody()
    {
        using var released = new ManualResetEventSlim();
        var telemetry = new Telemetry(_name, Meters, _time);
        using var bad = new ActivityListener
        {
            ShouldListenTo = source => source.Name == AirwallexOAuthDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = span =>
            {
                if (Equals(span.GetTagItem("airwallex.oauth.account_id"), "acct_throws " + _name))
                {
                    throw new InvalidOperationException("A listener that throws.");
                }

                if (Equals(span.GetTagItem("airwallex.oauth.account_id"), "acct_hangs " + _name))
                {
                    released.Wait();
                }
            },
        };
        ActivitySource.AddActivityListener(bad);

        telemetry.StartRefresh(RefreshTrigger.Expired, "acct_throws " + _name, default).End("refreshed");
        telemetry.StartRefresh(RefreshTrigger.Expired, "acct_hangs " + _name, default).End("refreshed");
        telemetry.StartRefresh(RefreshTrigger.Expired, "acct_last", default).End("refreshed");
        released.Set();
        await telemetry.DisposeAsync();

        var last = Assert.Single(
            _listening.Spans, span => Equals(span.GetTagItem("airwallex.oauth.account_id"), "acct_last"));
        Assert.Null(last.Parent);
        Assert.Equal(default, last.ParentSpanId);
    }

    [Fact]
    public async Task A_clock_that_throws_breaks_nothing()
    {
        await using var telemetry = new Telemetry(_name, Meters, new GuardedClock(new BrokenClock()));
        var trace = telemetry.StartRefresh(RefreshTrigger.Expired, "acct_1", default);

        trace.AttemptStored();
        trace.SendStarted(isRetry: false, isLastSend: false);
        trace.SendEnded(null, isLost: false);
        trace.End("refreshed");
        telemetry.Summarized(new ConnectionSummary { ClientId = "client", OldestRenewAt = DateTimeOffset.UnixEpoch });

        await FlushAsync(telemetry);
        Assert.Equal(1, _listening.Read("airwallex.oauth.token_requests",
            ("airwallex.oauth.grant_type", "refresh_token"), ("airwallex.oauth.outcome", "success")));
    }

    public void Dispose()
    {
        _listening.Dispose();
        _services.Dispose();
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private static TokenRequestException Failure(int status) =>
        new("It failed.") { StatusCode = (HttpStatusCode)status };

    private static Task FlushAsync(Telemetry telemetry) => telemetry.FlushAsync(TimeSpan.FromSeconds(30));

    private sealed class BrokenClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => throw new InvalidOperationException("A clock that throws.");

        public override long GetTimestamp() => throw new InvalidOperationException("A clock that throws.");
    }
}
