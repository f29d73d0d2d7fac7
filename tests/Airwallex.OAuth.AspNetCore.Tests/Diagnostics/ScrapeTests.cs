using System.Text.RegularExpressions;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Airwallex.OAuth.AspNetCore.Tests.Diagnostics;

/// <summary>
/// What Prometheus gets from a running application through OpenTelemetry, and what the alerts make of it.
/// </summary>
[Collection(VirtualTime.Name)]
public sealed partial class ScrapeTests
{
    public static string Docs { get; } = Path.Combine(FindRoot(), "src", "Airwallex.OAuth", "docs");

    [Fact]
    public async Task Every_counter_and_gauge_of_the_alerts_and_the_dashboard_is_scraped_from_the_start_with_0()
    {
        await using var app = await StartAsync();
        var used = UsedNames();

        await VirtualTime.SettleAsync();
        var scrape = await ScrapeAsync(app);

        Assert.Empty(used.Where(name => !IsOfHistogram(name)).Except(Names(scrape)));
        var (name, value) = scrape.Lines.First(line => line.Key.Contains("_ends_total{", StringComparison.Ordinal));
        Assert.Contains("airwallex_oauth_application=\"default\"", name, StringComparison.Ordinal);
        Assert.Equal("0", value);
    }

    [Fact]
    public async Task Every_duration_of_the_alerts_and_the_dashboard_is_scraped_once_something_took_time()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app);
        await app.Connections.RefreshAsync("acct_one");

        await VirtualTime.SettleAsync();
        var scrape = await ScrapeAsync(app);

        Assert.Empty(UsedNames().Except(Names(scrape)));
    }

    [Fact]
    public async Task Another_host_in_the_process_hides_no_counter()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app);
        using var airwallex = app.NewBrowser();
        var webhook = app.Simulator.CreateWebhook(ConnectApp.WebhookSecret, "payment.succeeded", "acct_one");
        await airwallex.SendAsync(webhook.ToRequest(new Uri("http://localhost/airwallex/webhooks")));

        await using var unused = await StartAsync();
        await VirtualTime.SettleAsync();
        var scrape = await ScrapeAsync(app);

        Assert.Contains(scrape.Lines, line => IsOne(line, "connects", "connected"));
        Assert.Contains(scrape.Lines, line => IsOne(line, "webhooks", "accepted"));

        static bool IsOne(KeyValuePair<string, string> line, string counter, string outcome) => line.Value == "1"
            && line.Key.StartsWith($"airwallex_oauth_{counter}_total{{", StringComparison.Ordinal)
            && line.Key.Contains($"airwallex_oauth_outcome=\"{outcome}\"", StringComparison.Ordinal);
    }

    [PromtoolFact]
    public async Task A_store_outage_raises_its_alert_and_no_other()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app);
        var recorder = new Recorder(app);
        await recorder.RunAsync(TimeSpan.FromMinutes(2), CallAsync);

        app.Store.IsDown = true;
        await recorder.RunAsync(TimeSpan.FromMinutes(8), CallAsync);

        await recorder.AssertFiringAsync("AirwallexOAuthKeepAliveFailing", "AirwallexOAuthTokenStoreFailing");

        async Task CallAsync() => await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await app.Connections.FindAsync("acct_one");
            throw new InvalidOperationException("The store responds.");
        });
    }

    [PromtoolFact]
    public async Task A_brownout_of_the_token_endpoint_raises_its_alert_and_no_other()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app);
        var recorder = new Recorder(app);
        await recorder.RunAsync(TimeSpan.FromMinutes(2), RefreshAsync);

        app.Simulator.Faults.Always(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(7)));
        await recorder.RunAsync(TimeSpan.FromMinutes(14), RefreshAsync);

        await recorder.AssertFiringAsync("AirwallexOAuthTokenEndpointSlow");

        async Task RefreshAsync()
        {
            var refresh = app.Connections.RefreshAsync("acct_one");
            await app.AdvanceUntilAsync(() => refresh.IsCompleted);
            await refresh;
        }
    }

    [PromtoolFact]
    public async Task An_outage_of_the_token_endpoint_raises_its_alerts()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app);
        var recorder = new Recorder(app);
        await recorder.RunAsync(TimeSpan.FromMinutes(1), FailAsync);

        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));
        await recorder.RunAsync(TimeSpan.FromMinutes(12), FailAsync);

        await recorder.AssertFiringAsync(
            "AirwallexOAuthGracePeriodExceeded", "AirwallexOAuthResponsesLost", "AirwallexOAuthTokenEndpointFailing");

        async Task FailAsync()
        {
            var refresh = app.Connections.RefreshAsync("acct_one");
            await app.AdvanceUntilAsync(() => refresh.IsCompleted);
            _ = refresh.Exception;
        }
    }

    private static Task<ConnectApp> StartAsync() => ConnectApp.StartAsync(
        flow: options => options.Webhooks.Secrets = [ConnectApp.WebhookSecret],
        options: core => core.KeepAlive.Enabled = true,
        services: services => services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(AirwallexOAuthDiagnostics.MeterName)
            .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 0)),
        map: app =>
        {
            app.MapAirwallexOAuth();
            app.MapPrometheusScrapingEndpoint();
        });

    private static async Task ConnectAsync(ConnectApp app) => await app.Connections.ConnectAsync(
        app.Simulator.ConnectAccount("acct_one"),
            new ConnectOptions { RedirectUri = new Uri("http://localhost/airwallex/callback") });

    private static async Task<Scrape> ScrapeAsync(ConnectApp app)
    {
        using var http = app.App.GetTestClient();
        return Scrape.Parse(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
    }

    private static HashSet<string> UsedNames() =>
    [
        .. new[] { "alerts.yml", "grafana-dashboard.json" }
            .SelectMany(file => Metric().Matches(File.ReadAllText(Path.Combine(Docs, file))))
            .Select(match => match.Groups[1].Value),
    ];

    private static HashSet<string> Names(Scrape scrape) =>
        [.. scrape.Lines.Keys.Select(series => series.Split('{')[0])];

    private static bool IsOfHistogram(string name) => name.EndsWith("_seconds_bucket", StringComparison.Ordinal);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Airwallex.OAuth.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("These tests read the alerts: run them inside the repository.");
    }

    // A metric is followed by its selector, its range or the end of a call; a label is not.
    [GeneratedRegex(@"(airwallex_oauth_[a-z_]+)(?=[{\[]|\)+ [>/])")]
    private static partial Regex Metric();

    [GeneratedRegex("""alertname=\\?"(\w+)""")]
    private static partial Regex AlertName();

    /// <summary>
    /// Scrapes every 15 s of the test's clock, and lets promtool evaluate the alerts on what was scraped.
    /// </summary>
    private sealed class Recorder(ConnectApp app)
    {
        private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(15);

        private readonly DateTimeOffset _startedAt = app.Time.GetUtcNow();
        private readonly List<Scrape> _scrapes = [];

        public async Task RunAsync(TimeSpan length, Func<Task> act)
        {
            for (var until = app.Time.GetUtcNow() + length; app.Time.GetUtcNow() < until;)
            {
                await act();
                var next = _startedAt + (_scrapes.Count + 1) * s_interval;
                await app.AdvanceUntilAsync(() => app.Time.GetUtcNow() >= next);
                while (app.Time.GetUtcNow() >= _startedAt + (_scrapes.Count + 1) * s_interval)
                {
                    _scrapes.Add(await ScrapeAsync(app));
                }
            }
        }

        public async Task AssertFiringAsync(params string[] alerts)
        {
            var firing = await FiringAsync();
            Assert.True(alerts.SequenceEqual(firing), $"""
                Firing: {string.Join(", ", firing)}
                Missing: {string.Join(", ", UsedNames().Except(Names(_scrapes[^1])))}
                {string.Join('\n', _scrapes[^1].Lines.GroupBy(line => line.Key.Split('{')[0]).SelectMany(Describe))}
                """);
        }

        // The series of a metric, or how many there are when nothing was counted.
        private static IEnumerable<string> Describe(IGrouping<string, KeyValuePair<string, string>> metric)
        {
            var counted = metric.Where(line => line.Value != "0").ToList();
            return counted.Count == 0 ? [$"{metric.Key}: {metric.Count()} series, all 0"]
                : metric.Key.EndsWith("_bucket", StringComparison.Ordinal) ? []
                : counted.Select(line => $"{line.Key} {line.Value}");
        }

        /// <summary>The alerts that fire at the last scrape.</summary>
        public async Task<IReadOnlyList<string>> FiringAsync()
        {
            string ValuesOf(string name) =>
                string.Join(' ', _scrapes.Select(scrape => scrape.Lines.GetValueOrDefault(name, "_")));

            var series = _scrapes.SelectMany(scrape => scrape.Lines.Keys).Distinct().Select(name => $"""
                      - series: '{name}'
                        values: '{ValuesOf(name)}'
                """);

            // promtool says which samples it got when they are not those that it was told to expect: none.
            var output = await Promtool.TestRulesAsync($$"""
                rule_files: ["{{Path.Combine(Docs, "alerts.yml")}}"]
                evaluation_interval: 15s
                tests:
                  - interval: 15s
                    input_series:
                {{string.Join('\n', series)}}
                    promql_expr_test:
                      - expr: count by (alertname) (ALERTS{alertstate="firing"})
                        eval_time: {{(_scrapes.Count - 1) * 15}}s
                        exp_samples: []
                """);
            return [.. AlertName().Matches(output).Select(match => match.Groups[1].Value).Distinct()
                .Order(StringComparer.Ordinal)];
        }
    }

    private sealed record Scrape(IReadOnlyDictionary<string, string> Lines)
    {
        public static Scrape Parse(string text) => new(text.Split('\n')
            .Where(line => line.StartsWith("airwallex_", StringComparison.Ordinal))
            .Select(line => line.Split("} "))
            .ToDictionary(parts => parts[0] + "}", parts => parts[1].Split(' ')[0]));
    }
}
