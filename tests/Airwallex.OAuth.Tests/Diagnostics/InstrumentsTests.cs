using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Diagnostics;

public sealed class InstrumentsTests : IDisposable
{
    private const string Application = "airwallex.oauth.application";
    private const string Outcome = "airwallex.oauth.outcome";
    private const string Status = "airwallex.oauth.connection_status";
    private const string GrantType = "airwallex.oauth.grant_type";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    [Fact]
    public async Task Every_counter_and_gauge_is_there_from_the_start_with_0()
    {
        await using var telemetry = new Telemetry("", Meters, _time);
        await FlushAsync(telemetry);

        using var listening = new ListeningTo(Meters);

        var observable = listening.Instruments.Values.Where(instrument => instrument.IsObservable).ToList();
        Assert.Equal(21, observable.Count);
        Assert.All(observable, instrument =>
        {
            var measured = listening.Read(instrument.Name);
            Assert.NotEmpty(measured);
            Assert.All(measured, measurement => Assert.Equal(0, measurement.Value));
            Assert.All(measured, measurement => Assert.Equal("default", measurement.Tags[Application]));
        });
        Assert.Equal(7 * 11, listening.Read("airwallex.oauth.refreshes").Count);
    }

    [Fact]
    public async Task Instruments_follow_the_conventions_of_OpenTelemetry()
    {
        await using var telemetry = new Telemetry("", Meters, _time);
        await FlushAsync(telemetry);

        using var listening = new ListeningTo(Meters);

        Assert.Equal(24, listening.Instruments.Count);
        Assert.All(listening.Instruments.Values, instrument =>
        {
            Assert.Matches(@"^airwallex\.oauth(\.[a-z]+(_[a-z]+)*)+$", instrument.Name);
            Assert.Matches(@"^(s|\{[a-z]+\})$", instrument.Unit);
            Assert.EndsWith(".", instrument.Description, StringComparison.Ordinal);
            Assert.Equal(AirwallexOAuthDiagnostics.Version, instrument.Meter.Version);
            Assert.Matches(@"^\d+\.\d+\.\d+", instrument.Meter.Version);
        });

        // A name that is also the beginning of others could not become a field with fields.
        var names = listening.Instruments.Keys;
        Assert.All(names, name =>
            Assert.DoesNotContain(names, other => other.StartsWith(name + ".", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_applications_share_the_instruments_and_one_that_is_disposed_is_let_go()
    {
        await using var europe = new Telemetry("eu", Meters, _time);
        var asia = new Telemetry("asia", Meters, _time);
        using var listening = new ListeningTo(Meters);
        await FlushAsync(europe);

        asia.Ended(ConnectionStatus.Disconnected);

        Assert.Equal(1, Ended("asia"));
        Assert.Equal(0, Ended("eu"));
        await asia.DisposeAsync();
        var left = listening.Read("airwallex.oauth.connection.ends");
        Assert.All(left, measured => Assert.Equal("eu", measured.Tags[Application]));

        double Ended(string name) =>
            listening.Read("airwallex.oauth.connection.ends", (Application, name), (Status, "disconnected"));
    }

    [Fact]
    public async Task Two_service_providers_of_a_process_have_meters_that_OpenTelemetry_tells_apart()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var otherMeters = others.GetRequiredService<IMeterFactory>();

        await using var telemetry = new Telemetry("", Meters, _time);
        await using var other = new Telemetry("", otherMeters, _time);
        await Task.WhenAll(FlushAsync(telemetry), FlushAsync(other));

        using var listening = new ListeningTo(Meters);
        using var listeningToOther = new ListeningTo(otherMeters);
        Assert.NotEqual(HostOf(listening), HostOf(listeningToOther));

        static object? HostOf(ListeningTo listening) => listening.Instruments.Values
            .Select(instrument => instrument.Meter.Tags?.Single(tag => tag.Key == "airwallex.oauth.host").Value)
            .Distinct().Single();
    }

    [Fact]
    public async Task What_a_server_says_never_becomes_an_attribute()
    {
        await using var telemetry = new Telemetry("", Meters, _time);
        using var listening = new ListeningTo(Meters);
        await FlushAsync(telemetry);

        telemetry.TokenRequest("refresh_token", Failure(400, "some_error_of_today"), TimeSpan.FromSeconds(1));
        telemetry.Connect("a value of the future");
        await FlushAsync(telemetry);

        Assert.Equal(1, listening.Read(
            "airwallex.oauth.token_requests", (Outcome, "rejected"), (GrantType, "refresh_token")));
        Assert.Equal(1, listening.Read("airwallex.oauth.connects", (Outcome, "_OTHER")));
        var values = listening.Measurements.SelectMany(measured => measured.Tags.Values);
        Assert.DoesNotContain(values, value => $"{value}".Contains("of", StringComparison.Ordinal));
    }

    public static TheoryData<string, int?, string?, bool, bool> Failures => new()
    {
        { "invalid_grant", 400, "invalid_grant", false, false },
        { "invalid_client", 401, "invalid_client", false, false },
        { "invalid_client", 400, "unauthorized_client", false, false },
        { "invalid_client", 401, null, false, false },
        { "rejected", 403, null, false, false },
        { "too_many_requests", 429, "too_many_requests", false, false },
        { "server_error", 503, null, false, false },
        { "server_error", 408, null, false, false },
        { "unusable_response", 200, null, false, false },
        { "unusable_response", 302, null, false, false },
        { "not_sent", null, null, true, false },
        { "no_response", null, null, false, false },
        { "timeout", null, null, false, true },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void The_outcome_of_a_token_request_is_one_of_ten(
        string expected, int? status, string? error, bool notSent, bool timedOut)
    {
        var failure = new TokenRequestException("It failed.", timedOut ? new TimeoutException() : null)
        {
            StatusCode = (HttpStatusCode?)status,
            Error = error,
            RequestNotSent = notSent,
            IsTransient = status is null or 408 or 429 or >= 500,
        };

        Assert.Equal(expected, TelemetryAttributes.OutcomeOf(failure));
        Assert.Equal("success", TelemetryAttributes.OutcomeOf(null));
        Assert.Contains(expected, TelemetryAttributes.TokenRequestOutcomes);
    }

    [Fact]
    public async Task Durations_are_recorded_in_seconds()
    {
        await using var telemetry = new Telemetry("eu", Meters, _time);
        using var listening = new ListeningTo(Meters);
        await FlushAsync(telemetry);

        telemetry.TokenRequest("authorization_code", null, TimeSpan.FromMilliseconds(1_500));
        telemetry.StoreCall("save", "lost", TimeSpan.FromMilliseconds(20));
        await FlushAsync(telemetry);

        Assert.Equal(1.5, listening.Read(
            "airwallex.oauth.token_request.duration", (Outcome, "success"), (Application, "eu")));
        Assert.Equal(0.02, listening.Read(
            "airwallex.oauth.store_call.duration", (Outcome, "lost"), ("airwallex.oauth.store_operation", "save")));
    }

    [Fact]
    public async Task Gauges_show_the_latest_summary()
    {
        await using var telemetry = new Telemetry("", Meters, _time);
        using var listening = new ListeningTo(Meters);
        await FlushAsync(telemetry);

        telemetry.Summarized(new ConnectionSummary
        {
            ClientId = "client",
            Active = 40,
            ReauthorizationRequired = 2,
            Disconnected = 3,
            RenewalDue = 5,
            RefreshPending = 6,
            OldestRenewAt = _time.GetUtcNow() - TimeSpan.FromHours(2),
        });
        telemetry.ResponseHeld(+1);
        telemetry.ResponseHeld(+1);
        telemetry.ResponseHeld(-1);

        Assert.Equal(40, listening.Read("airwallex.oauth.connections", (Status, "active")));
        Assert.Equal(2, listening.Read("airwallex.oauth.connections", (Status, "reauthorization_required")));
        Assert.Equal(3, listening.Read("airwallex.oauth.connections", (Status, "disconnected")));
        Assert.Equal(5, listening.Read("airwallex.oauth.renewal.due", []));
        Assert.Equal(6, listening.Read("airwallex.oauth.refresh.pending", []));
        Assert.Equal(7_200, listening.Read("airwallex.oauth.renewal.lateness", []));
        Assert.Equal(1, listening.Read("airwallex.oauth.responses.held", []));
    }

    [Fact]
    public async Task A_listener_that_hangs_holds_up_nobody_and_what_is_dropped_is_counted()
    {
        using var released = new ManualResetEventSlim();
        using var hangs = Listener(
            static (instrument, self) => self.EnableMeasurementEvents(instrument), released.Wait);
        await using var telemetry = new Telemetry("", Meters, _time);
        await FlushAsync(telemetry);

        for (var call = 0; call < 20_000; call++)
        {
            telemetry.TokenRequest("refresh_token", null, TimeSpan.FromSeconds(1));
        }

        released.Set();
        await FlushAsync(telemetry);
        using var listening = new ListeningTo(Meters);
        Assert.Equal(20_000, listening.Read(
            "airwallex.oauth.token_requests", (Outcome, "success"), (GrantType, "refresh_token")));
        Assert.InRange(
            listening.Read("airwallex.oauth.diagnostics.dropped_items", ("airwallex.oauth.queue", "telemetry")),
            9_990,
            10_000);
    }

    [Fact]
    public async Task A_listener_that_throws_costs_no_counter()
    {
        var throws = Listener((_, _) => throw new InvalidOperationException("A listener that throws."));
        await using var telemetry = new Telemetry("", Meters, _time);

        telemetry.TokenRequest("refresh_token", null, TimeSpan.FromSeconds(1));
        await FlushAsync(telemetry);
        throws.Dispose();

        using var listening = new ListeningTo(Meters);
        Assert.Equal(1, listening.Read(
            "airwallex.oauth.token_requests", (Outcome, "success"), (GrantType, "refresh_token")));
        Assert.Equal(21, listening.Instruments.Values.Count(instrument => instrument.IsObservable));
    }

    [Fact]
    public async Task Without_a_meter_factory_there_are_no_metrics()
    {
        await using var telemetry = new Telemetry("", null, _time);

        telemetry.TokenRequest("refresh_token", null, TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _services.Dispose();

    private MeterListener Listener(Action<Instrument, MeterListener> published, Action? recorded = null)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, Meters))
            {
                published(instrument, self);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => recorded?.Invoke());
        listener.Start();
        return listener;
    }

    private static TokenRequestException Failure(int status, string error) =>
        new("It failed.") { StatusCode = (HttpStatusCode)status, Error = error };

    private static Task FlushAsync(Telemetry telemetry) => telemetry.FlushAsync(TimeSpan.FromSeconds(30));
}
