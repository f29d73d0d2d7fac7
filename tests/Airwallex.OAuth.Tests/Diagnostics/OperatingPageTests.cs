using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Diagnostics;

/// <summary>The operator's page, the alerts and the dashboard say what the code does.</summary>
public sealed partial class OperatingPageTests
{
    // Of Airwallex.OAuth.AspNetCore, whose tests look for it in what is scraped.
    private const string Webhooks = "airwallex.oauth.webhooks";

    private static readonly string s_root = FindRoot();
    private static readonly string s_docs = Path.Combine(s_root, "src", "Airwallex.OAuth", "docs");
    private static readonly string s_page = File.ReadAllText(Path.Combine(s_docs, "operating.md"));
    private static readonly string s_alerts = File.ReadAllText(Path.Combine(s_docs, "alerts.yml"));
    private static readonly string s_dashboard = File.ReadAllText(Path.Combine(s_docs, "grafana-dashboard.json"));

    [Fact]
    public async Task The_table_of_metrics_lists_every_instrument_with_its_kind_unit_and_attributes()
    {
        var documented = MetricRow().Matches(s_page)
            .Select(row => $"{row.Groups[1].Value} | {row.Groups[2].Value} | {row.Groups[3].Value}")
            .Where(row => !row.StartsWith(Webhooks, StringComparison.Ordinal));

        var existing = (await InstrumentsAsync()).Select(one => $"{one.Instrument.Name} | {Kind(one.Instrument)}, "
            + $"{one.Instrument.Unit} | " +
                $"{string.Join(", ", one.Attributes.Select(name => $"`{name["airwallex.oauth.".Length..]}`"))}");

        Assert.Equal(existing.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_value_of_an_attribute_is_documented()
    {
        string[][] sets =
        [
            TelemetryAttributes.Triggers, TelemetryAttributes.RefreshOutcomes, TelemetryAttributes.GrantTypes,
            TelemetryAttributes.TokenRequestOutcomes, TelemetryAttributes.StoreOperations, TelemetryAttributes
                .StoreOutcomes,
            TelemetryAttributes.RenewalOutcomes, TelemetryAttributes.RejectionOutcomes, TelemetryAttributes
                .ConnectOutcomes,
            TelemetryAttributes.Works, TelemetryAttributes.StoredStatuses, TelemetryAttributes.Queues,
        ];
        var documented = s_page.Split('\n')
            .Where(
                line =>
                    line.StartsWith("| `", StringComparison.Ordinal) || line.StartsWith(
                        "| `outcome` of", StringComparison.Ordinal))
            .Select(line => Code().Matches(line.Split('|')[2]).Select(match => match.Groups[1].Value).ToHashSet())
            .ToList();

        Assert.All(sets, set => Assert.Contains(documented, set.ToHashSet().IsSubsetOf));
    }

    [Fact]
    public async Task Every_metric_of_the_alerts_and_the_dashboard_exists_under_its_name_in_Prometheus()
    {
        var existing = (await InstrumentsAsync()).SelectMany(one => PrometheusNames(one.Instrument))
            .Append("airwallex_oauth_webhooks_total").ToHashSet();

        var used = PrometheusMetric().Matches(s_alerts + s_dashboard).Select(match => match.Value)
            .Except(s_labels).Distinct().ToList();

        Assert.True(used.Count > 20);
        Assert.All(used, name => Assert.Contains(name, existing));
    }

    [Fact]
    public void The_table_of_alerts_lists_every_rule_and_its_severity()
    {
        var documented = AlertRow().Matches(s_page).Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value}");

        var rules = AlertRule().Matches(s_alerts).Select(
            rule => $"{rule.Groups[1].Value} {rule.Groups[2].Value}").ToList();

        Assert.True(rules.Count > 10);
        Assert.Equal(rules, documented);
        Assert.Equal(rules.Count, Regex.Count(s_alerts, "^          means: ", RegexOptions.Multiline));
        Assert.Equal(rules.Count, Regex.Count(s_alerts, "^          do: ", RegexOptions.Multiline));
    }

    [Fact]
    public void The_table_of_log_events_lists_every_message_of_the_packages()
    {
        var documented = LogRow().Matches(s_page).Select(
            row => $"{row.Groups[1].Value} {row.Groups[2].Value} {row.Groups[3].Value}");

        var messages = Directory.EnumerateFiles(Path.Combine(s_root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(
                path =>
                    !path.Contains(
                        $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(path => LogMessage().Matches(File.ReadAllText(path)))
            .Select(message => (
                Id: int.Parse(message.Groups["id"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture),
                Level: message.Groups["level"] is { Success: true } level ? level.Value : "varies",
                Name: message.Groups["name"].Value))
            .OrderBy(message => message.Id).ToList();

        Assert.Equal(messages.Count, messages.Select(message => message.Id).Distinct().Count());
        Assert.Equal(messages.Select(message => $"{message.Id} {message.Level} {message.Name}"), documented);
    }

    [PromtoolTheory]
    [InlineData("check", "rules", "src/Airwallex.OAuth/docs/alerts.yml")]
    [InlineData("test", "rules", "tests/Airwallex.OAuth.Tests/Diagnostics/alerts.tests.yml")]
    public async Task Promtool_accepts_the_rules_and_what_they_raise(params string[] arguments)
    {
        var start = new ProcessStartInfo("promtool", arguments)
        {
            WorkingDirectory = s_root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var promtool = Process.Start(start)!;
        var output = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();

        Assert.True(promtool.ExitCode == 0, output);
    }

    private static readonly string[] s_labels =
    [
        "airwallex_oauth_application", "airwallex_oauth_outcome", "airwallex_oauth_grant_type",
            "airwallex_oauth_trigger",
        "airwallex_oauth_connection_status", "airwallex_oauth_store_operation", "airwallex_oauth_work",
            "airwallex_oauth_queue",
    ];

    private static async Task<List<(Instrument Instrument, IReadOnlyList<string> Attributes)>> InstrumentsAsync()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        await using var telemetry = new Telemetry("", meters, TimeProvider.System);
        using var listening = new ListeningTo(meters);
        await telemetry.FlushAsync(TimeSpan.FromSeconds(30));
        telemetry.StartRefresh(RefreshTrigger.Forced, "acct_1", default).End("refreshed");
        telemetry.TokenRequest("refresh_token", null, TimeSpan.Zero);
        telemetry.StoreCall("find", "ok", TimeSpan.Zero);
        await telemetry.FlushAsync(TimeSpan.FromSeconds(30));
        return
        [
            .. listening.Instruments.Values.Select(instrument => (instrument, (IReadOnlyList<string>)
                [.. listening.Read(instrument.Name)[0].Tags.Keys.Where(
                    name => name != TelemetryAttributes.Application)])),
        ];
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "ObservableCounter" => "counter",
        "ObservableUpDownCounter" => "up-down counter",
        "ObservableGauge" => "gauge",
        "Histogram" => "histogram",
        var other => other,
    };

    // As OpenTelemetry's exporter names them; its own output is compared in the tests of Airwallex.OAuth.AspNetCore.
    private static IEnumerable<string> PrometheusNames(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "");
        return Kind(instrument) switch
        {
            "counter" => [name + "_total"],
            "histogram" => [name + "_bucket", name + "_sum", name + "_count"],
            _ => [name],
        };
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Airwallex.OAuth.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("These tests read the pages: run them inside the repository.");
    }

    [GeneratedRegex(
        @"^\| `(airwallex\.oauth\.[a-z_.]+)` \| ([a-z-]+(?: counter)?, [a-z{}]+) \| ?([^|]*?) ?\|",
        RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("airwallex_oauth_[a-z_]+")]
    private static partial Regex PrometheusMetric();

    [GeneratedRegex(@"^\| `(AirwallexOAuth\w+)` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex(@"- alert: (\w+)\n.*?severity: (\w+)", RegexOptions.Singleline)]
    private static partial Regex AlertRule();

    [GeneratedRegex(@"^\| (\d+) \| (\w+) \| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex LogRow();

    [GeneratedRegex(
        @"\[LoggerMessage\(\s*(?:EventId = )?(?<id>\d+),(?:\s*LogLevel\.(?<level>\w+))?.*?partial void (?<name>\w+)\(",
        RegexOptions.Singleline)]
    private static partial Regex LogMessage();
}
