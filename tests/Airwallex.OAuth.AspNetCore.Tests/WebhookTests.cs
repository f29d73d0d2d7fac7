using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore.Tests;

[Collection(VirtualTime.Name)]
public sealed class WebhookTests
{
    private readonly List<WebhookEvent> _events = [];

    [Theory]
    [InlineData("connection.disconnected")]
    [InlineData("partner_connection.disconnected")]
    public async Task A_disconnection_is_proven_by_a_refresh_and_ends_the_connection_in_the_event_s_words(string name)
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        app.Simulator.RevokeByUser("acct_1");
        using var browser = app.NewBrowser();

        var webhook = app.Simulator.CreateWebhook(ConnectApp.WebhookSecret, name, "acct_1");
        var response = await browser.SendAsync(webhook.ToRequest(new Uri("http://localhost/airwallex/webhooks")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await WaitForStatusAsync(app, "acct_1", ConnectionStatus.Disconnected);
        Assert.Contains(name, (await app.Connections.FindAsync("acct_1"))!.StatusReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_of_another_application_or_a_replay_changes_nothing()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");

        var status = await SendAsync(app, Disconnected("acct_1", app.Time.GetUtcNow()));
        await app.AdvanceUntilAsync(() => app.RefreshesSent() > 0);

        Assert.Equal(HttpStatusCode.OK, status);
        await WaitForStatusAsync(app, "acct_1", ConnectionStatus.Active);
        Assert.NotNull(await app.Connections.GetAccessTokenAsync("acct_1"));
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_partner_disconnection_causes_requests_for_stored_accounts_alone()
    {
        await using var app = await StartAsync();
        foreach (var account in new[] { "acct_1", "acct_2", "acct_3" })
        {
            await ConnectAsync(app, account);
        }

        var unknown = string.Concat(Enumerable.Range(0, 500).Select(number => $"\"acct_unknown_{number}\","));
        var status = await SendAsync(app, $$$"""
            {"id":"e1","name":"partner_connection.disconnected","app_id":"app_1",
             "data":{"account_ids":["acct_1",{{{unknown}}}"acct_2"],"reason":"user_initiated"}}
            """);
        await app.AdvanceUntilAsync(() => app.RefreshesSent() >= 2);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(2, app.RefreshesSent());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Every_event_is_told_to_OnEvent_with_its_services_before_it_is_acknowledged()
    {
        await using var app = await StartAsync(services: services => services.AddScoped<Ledger>(), flow: flow =>
            flow.Webhooks.OnEvent = context =>
            {
                context.Services.GetRequiredService<Ledger>().Add(context);
                return Task.CompletedTask;
            });
        Ledger.Events.Clear();

        await SendAsync(
            app, """
            {"id":"e1","name":"payment_intent.succeeded","account_id":"acct_9","data":{"amount":12.5},
             "created_at":"2025-07-24T07:16:00+0000"}
            """);
        await SendAsync(app, Disconnected("acct_1", app.Time.GetUtcNow()));

        Assert.Equal(["e1", "e-acct_1"], Ledger.Events.Select(context => context.Event.Id));
        var first = Ledger.Events[0];
        Assert.Equal("payment_intent.succeeded", first.Event.Name);
        Assert.Equal("acct_9", first.Event.AccountId);
        Assert.Equal(new DateTimeOffset(2025, 7, 24, 7, 16, 0, TimeSpan.Zero), first.Event.CreatedAt);
        Assert.Equal(12.5, first.Event.Json.GetProperty("data").GetProperty("amount").GetDouble());
        Assert.Equal("", first.ApplicationName);
    }

    [Fact]
    public async Task What_OnEvent_throws_makes_Airwallex_deliver_again()
    {
        var calls = 0;
        await using var app = await StartAsync(flow => flow.Webhooks.OnEvent = _ =>
            ++calls == 1 ? throw new IOException("down") : Task.CompletedTask);
        const string Body = """{"id":"e1","name":"payment_intent.succeeded"}""";

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(app, Body));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Body));
        Assert.Equal(2, calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_OnEvent_that_hangs_or_throws_does_not_hold_up_the_report_of_a_disconnection(bool hangs)
    {
        var gate = new TaskCompletionSource();
        await using var app = await StartAsync(flow => flow.Webhooks.OnEvent = _ =>
            hangs ? gate.Task : throw new IOException("down"));
        await ConnectAsync(app, "acct_1");
        app.Simulator.RevokeByUser("acct_1");

        var sent = SendAsync(app, Disconnected("acct_1", app.Time.GetUtcNow()));

        await WaitForStatusAsync(app, "acct_1", ConnectionStatus.Disconnected);
        Assert.False(hangs && sent.IsCompleted);
        gate.SetResult();
        Assert.Equal(hangs ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, await sent);
    }

    [Fact]
    public async Task A_store_that_is_down_makes_Airwallex_deliver_again()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        app.Simulator.RevokeByUser("acct_1");
        var body = Disconnected("acct_1", app.Time.GetUtcNow());

        app.Store.IsDown = true;
        var first = await SendAsync(app, body);
        app.Store.IsDown = false;
        var second = await SendAsync(app, body);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, first);
        Assert.Equal(HttpStatusCode.OK, second);
        await WaitForStatusAsync(app, "acct_1", ConnectionStatus.Disconnected);
    }

    [Fact]
    public async Task A_store_that_hangs_does_not_keep_Airwallex_waiting()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        app.Simulator.RevokeByUser("acct_1");
        var gate = new TaskCompletionSource();
        app.Store.Gate = gate.Task;

        var sent = SendAsync(app, Disconnected("acct_1", app.Time.GetUtcNow()));
        var before = app.Time.GetUtcNow();
        await app.AdvanceUntilAsync(() => sent.IsCompleted);
        var waited = app.Time.GetUtcNow() - before;
        gate.SetResult();

        Assert.Equal(HttpStatusCode.OK, await sent);
        Assert.InRange(waited, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await WaitForStatusAsync(app, "acct_1", ConnectionStatus.Disconnected);
    }

    [Fact]
    public async Task Stopping_waits_for_reports_that_were_acknowledged()
    {
        // More than are worked on at once: some are still in the queue when their service is stopped.
        var accounts = Enumerable.Range(1, 20).Select(number => $"acct_{number}").ToList();
        await using var app = await StartAsync();
        foreach (var account in accounts)
        {
            await ConnectAsync(app, account);
        }

        var gate = new TaskCompletionSource();
        app.Store.Gate = gate.Task;
        var ids = string.Join(',', accounts.Select(account => $"\"{account}\""));
        var sent = SendAsync(
            app, $$$"""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":[{{{ids}}}]}}""");
        await app.AdvanceUntilAsync(() => sent.IsCompleted);

        var stopping = app.App.Services.GetRequiredService<DisconnectionReports>().StopAsync(CancellationToken.None);
        Assert.False(stopping.IsCompleted);
        gate.SetResult();
        await app.AdvanceUntilAsync(() => stopping.IsCompleted);

        Assert.Equal(HttpStatusCode.OK, await sent);
        await app.AdvanceUntilAsync(() => app.RefreshesSent() == accounts.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(70)]
    public async Task A_redelivery_with_the_first_delivery_s_time_is_accepted_for_three_days(int hours)
    {
        await using var app = await StartAsync();
        var request = Signed(app, """{"id":"e1","name":"x"}""");

        app.Time.Advance(TimeSpan.FromHours(hours));

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, request));
        Assert.Single(_events);
    }

    [Fact]
    public async Task Secrets_of_the_section_follow_its_changes()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Secrets("whsec_old")).Build();
        await using var app = await ConnectApp.StartAsync(new Setup { Configuration = configuration });
        const string Body = """{"id":"e1","name":"x"}""";
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, Body, "whsec_old")));

        Set(configuration, "whsec_old", "whsec_new");
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, Body, "whsec_old")));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, Body, "whsec_new")));

        Set(configuration, "whsec_new", null);
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, Signed(app, Body, "whsec_old")));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, Body, "whsec_new")));
    }

    [Theory]
    [InlineData("00:00:01")]
    [InlineData("soon")]
    public async Task A_removed_secret_counts_no_more_even_if_the_change_cannot_be_used(string stateLifetime)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Secrets("whsec_old")).Build();
        await using var app = await ConnectApp.StartAsync(new Setup { Configuration = configuration });
        const string Body = """{"id":"e1","name":"x"}""";

        configuration["Airwallex:StateLifetime"] = stateLifetime;
        Set(configuration, "whsec_new", null);

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, Signed(app, Body, "whsec_old")));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, Body, "whsec_new")));
        Assert.Equal(TimeSpan.FromMinutes(10), OptionsOf(app).StateLifetime);
        await ConnectApp.WaitUntilAsync(() => app.Log.Text.Contains("stay in force", StringComparison.Ordinal));
        Assert.Contains("1 can be used, and a removed one counts no more", app.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_meant_replaces_the_one_before_and_webhooks_wait_for_a_correction()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Secrets("whsec_old")).Build();
        await using var app = await ConnectApp.StartAsync(new Setup { Configuration = configuration });
        const string Body = """{"id":"e1","name":"x"}""";

        Set(configuration, " ", null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(app, Signed(app, Body, " ")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(app, Signed(app, Body, "whsec_old")));

        Set(configuration, "whsec_new", null);
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, Signed(app, Body, "whsec_old")));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, Body, "whsec_new")));
    }

    [Fact]
    public async Task One_secret_may_be_written_as_one_text()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Airwallex:Webhooks:Secrets", "whsec_only")]).Build();
        await using var app = await ConnectApp.StartAsync(new Setup { Configuration = configuration });

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", "whsec_only")));
    }

    [Theory]
    [InlineData(" ", "blank secret")]
    [InlineData("whsec_only\n", "white space")]
    public async Task A_secret_that_cannot_be_meant_is_refused_at_start(string secret, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Secrets(secret)).Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => ConnectApp.StartAsync(new Setup { Configuration = configuration }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hundred_unsigned_posts_are_one_line_and_a_minute_later_a_count()
    {
        await using var app = await StartAsync();

        for (var post = 0; post < 100; post++)
        {
            Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(app, Request("{}")));
        }

        Assert.Single(app.Log.Text.Split('\n'), line => line.Contains(" 2012 ", StringComparison.Ordinal));
        app.Time.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(app, Request("{}"));
        Assert.Contains("99 more like it", app.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_is_not_a_fault()
    {
        await using var app = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, "\ufeff" + """{"id":"e1","name":"x"}""")));
        Assert.Equal("e1", Assert.Single(_events).Id);
    }

    [Fact]
    public async Task Deliveries_are_counted_by_outcome()
    {
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument is { Name: "airwallex.oauth.webhooks", Meter.Name: AirwallexOAuthDiagnostics.MeterName })
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        await using var app = await StartAsync();
        var meters = app.App.Services.GetRequiredService<IMeterFactory>();
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters))
            {
                var outcome = tags.ToArray().Single(tag => tag.Key == "airwallex.oauth.outcome").Value!.ToString()!;
                counts[outcome] = value;
            }
        });
        listener.Start();

        await SendAsync(app, """{"id":"e1","name":"x"}""");
        await SendAsync(app, """{"id":"e2","name":"x"}""");
        await SendAsync(app, Request("{}"));

        listener.RecordObservableInstruments();
        Assert.Equal(2, counts["accepted"]);
        Assert.Equal(1, counts["unsigned"]);
    }

    [Fact]
    public async Task A_body_that_was_tampered_with_is_refused()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        var request = Signed(app, Disconnected("acct_2", app.Time.GetUtcNow()));
        request.Content = new StringContent(Disconnected("acct_1", app.Time.GetUtcNow()));

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, request));
        Assert.Equal(ConnectionStatus.Active, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Fact]
    public async Task A_timestamp_that_was_tampered_with_is_refused()
    {
        await using var app = await StartAsync();
        var request = Signed(app, """{"id":"e1","name":"x"}""");
        request.Headers.Remove("x-timestamp");
        request.Headers.Add(
            "x-timestamp", (app.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1).ToString(CultureInfo.InvariantCulture));

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, request));
        Assert.Empty(_events);
    }

    [Fact]
    public async Task A_signature_by_another_secret_is_refused()
    {
        await using var app = await StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized,
            await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", secret: "whsec_other")));
        Assert.Empty(_events);
    }

    [Theory]
    [InlineData("whsec_old")]
    [InlineData("whsec_new")]
    public async Task While_secrets_rotate_each_of_them_counts(string secret)
    {
        await using var app = await StartAsync(flow => flow.Webhooks.Secrets = ["whsec_old", "whsec_new"]);

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", secret)));
    }

    [Theory]
    [InlineData(-97, HttpStatusCode.Unauthorized)]
    [InlineData(-95, HttpStatusCode.OK)]
    [InlineData(95, HttpStatusCode.OK)]
    [InlineData(97, HttpStatusCode.Unauthorized)]
    public async Task A_timestamp_may_be_four_days_off_and_no_more(int hours, HttpStatusCode expected)
    {
        await using var app = await StartAsync();

        Assert.Equal(
            expected,
                await SendAsync(
                    app, Signed(app, """{"id":"e1","name":"x"}""", sentAt: app.Time.GetUtcNow().AddHours(hours))));
    }

    [Theory]
    [InlineData(null, "0000000000000000000000000000000000000000000000000000000000000000", HttpStatusCode.BadRequest)]
    [InlineData("now", null, HttpStatusCode.BadRequest)]
    [InlineData("now", "", HttpStatusCode.BadRequest)]
    [InlineData("now", "nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("", "nonsense", HttpStatusCode.BadRequest)]
    [InlineData("yesterday", "nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("-1", "nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("99999999999999999999999999", "nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("9223372036854775807", "nonsense", HttpStatusCode.Unauthorized)]
    public async Task Odd_headers_are_refused(string? timestamp, string? signature, HttpStatusCode expected)
    {
        await using var app = await StartAsync();
        var request = Request("""{"id":"e1","name":"x"}""");
        if (timestamp is not null)
        {
            request.Headers.TryAddWithoutValidation(
                "x-timestamp", timestamp == "now" ? Milliseconds(app.Time.GetUtcNow()) : timestamp);
        }

        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("x-signature", signature);
        }

        Assert.Equal(expected, await SendAsync(app, request));
        Assert.Empty(_events);
    }

    [Fact]
    public async Task Two_signatures_are_refused()
    {
        await using var app = await StartAsync();
        var request = Signed(app, """{"id":"e1","name":"x"}""");
        request.Headers.Add("x-signature", new string('0', 64));

        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(app, request));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("""{"id":"e1"}""")]
    [InlineData("""{"id":1,"name":"x"}""")]
    [InlineData("""{"id":"","name":"x"}""")]
    [InlineData("""{"id":"e1","name":{}}""")]
    [InlineData("""{"id":"\ud800","name":"x"}""")]
    [InlineData("""{"id":"e1","name":"x"} {"id":"e2"}""")]
    public async Task Odd_JSON_is_refused_and_changes_nothing(string body)
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");

        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(app, body));
        Assert.Empty(_events);
        Assert.Equal(ConnectionStatus.Active, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Theory]
    [InlineData("""{"id":"e1","name":"connection.disconnected"}""")]
    [InlineData("""{"id":"e1","name":"connection.disconnected","account_id":7}""")]
    [InlineData("""{"id":"e1","name":"connection.disconnected","account_id":" acct_1 "}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":[]}}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":"acct_1"}}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":["\ud800",7,""]}}""")]
    public async Task A_disconnection_that_names_no_account_is_acknowledged_since_no_redelivery_would_help(string body)
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, body));
        Assert.Equal(0, app.RefreshesSent());
    }

    [Fact]
    public async Task JSON_nested_without_end_is_refused()
    {
        await using var app = await StartAsync();

        Assert.Equal(
            HttpStatusCode.BadRequest,
                await SendAsync(app, """{"id":"e1","name":"x","data":""" + new string('[', 100_000) +
                    new string(']', 100_000) + "}"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_256_KiB_is_read_and_no_more(bool lengthIsDeclared)
    {
        await using var app = await StartAsync();
        var start = """{"id":"e1","name":"x","data":" """;
        var fits = start + new string('a', 256 * 1024 - start.Length - 2) + "\"}";

        var accepted = Signed(app, fits);
        var refused = Signed(app, fits + " ");
        foreach (var request in new[] { accepted, refused })
        {
            request.Headers.TransferEncodingChunked = lengthIsDeclared ? null : true;
            if (!lengthIsDeclared)
            {
                request.Content = new UnknownLength(await request.Content!.ReadAsByteArrayAsync());
            }
        }

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, accepted));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await SendAsync(app, refused));
    }

    [Fact]
    public async Task Without_a_secret_nothing_is_accepted_and_the_log_says_why()
    {
        await using var app = await StartAsync(flow => flow.Webhooks.Secrets = []);

        Assert.Equal(HttpStatusCode.ServiceUnavailable,
            await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", secret: "")));
        Assert.Empty(_events);
        Assert.Contains("Airwallex:Webhooks:Secrets", app.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_refused_is_logged_without_secrets()
    {
        await using var app = await StartAsync();
        var request = Signed(app, """{"id":"e1","name":"x"}""", secret: "whsec_other");
        var signature = request.Headers.GetValues("x-signature").Single();

        await SendAsync(app, request);

        Assert.Contains("A webhook was refused with 401", app.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(ConnectApp.WebhookSecret, app.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(signature, app.Log.Text, StringComparison.Ordinal);
    }

    private Task<ConnectApp> StartAsync(
        Action<ConnectFlowOptions>? flow = null, Action<IServiceCollection>? services = null) =>
        ConnectApp.StartAsync(
            connect =>
            {
                connect.Webhooks.OnEvent = received =>
                {
                    _events.Add(received.Event);
                    return Task.CompletedTask;
                };
                flow?.Invoke(connect);
            },
            services: services);

    private static Task<AirwallexConnection> ConnectAsync(ConnectApp app, string accountId)
    {
        var redirectUri = new Uri("http://localhost/airwallex/callback");
        return app.Connections.ConnectAsync(
            app.Simulator.ConnectAccount(accountId, redirectUri), new ConnectOptions { RedirectUri = redirectUri });
    }

    private static async Task WaitForStatusAsync(ConnectApp app, string accountId, ConnectionStatus expected)
    {
        for (var second = 0; (await app.Connections.FindAsync(accountId))!.Status != expected; second++)
        {
            Assert.True(second < 120, $"The connection is not {expected} within two minutes.");
            app.Time.Advance(TimeSpan.FromSeconds(1));
            await VirtualTime.SettleAsync();
        }
    }

    private static ConnectFlowOptions OptionsOf(ConnectApp app) =>
        app.App.Services.GetRequiredService<IOptionsMonitor<ConnectFlowOptions>>().CurrentValue;

    private static Dictionary<string, string?> Secrets(string secret) =>
        new() { ["Airwallex:Webhooks:Secrets:0"] = secret };

    private static void Set(IConfigurationRoot configuration, string first, string? second)
    {
        configuration["Airwallex:Webhooks:Secrets:0"] = first;
        configuration["Airwallex:Webhooks:Secrets:1"] = second;
        configuration.Reload();
    }

    private static string Disconnected(string accountId, DateTimeOffset at) =>
        $$"""
        {"id":"e-{{accountId}}","name":"connection.disconnected","account_id":"{{accountId}}",
         "data":{"account_id":"{{accountId}}","status":"DISCONNECTED"},
         "created_at":"{{at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}}+0000","version":"2022-11-11"}
        """;

    private static HttpRequestMessage Request(string body) =>
        new(HttpMethod.Post, "/airwallex/webhooks")
        {
            Content = new StringContent(
            body, Encoding.UTF8, "application/json")
        };

    // Computed here on its own, from what Airwallex's page says.
    private static HttpRequestMessage Signed(
        ConnectApp app, string body, string secret = ConnectApp.WebhookSecret, DateTimeOffset? sentAt = null)
    {
        var timestamp = Milliseconds(sentAt ?? app.Time.GetUtcNow());
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secret));
        var request = Request(body);
        request.Headers.Add("x-timestamp", timestamp);
        request.Headers.Add(
            "x-signature", Convert.ToHexStringLower(hmac.ComputeHash(Encoding.UTF8.GetBytes(timestamp + body))));
        return request;
    }

    private static string Milliseconds(DateTimeOffset instant) =>
        instant.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static Task<HttpStatusCode> SendAsync(ConnectApp app, string body) => SendAsync(app, Signed(app, body));

    private static async Task<HttpStatusCode> SendAsync(ConnectApp app, HttpRequestMessage request)
    {
        using var browser = app.NewBrowser();
        using var response = await browser.SendAsync(request);
        return response.StatusCode;
    }

    private sealed class UnknownLength(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class Ledger
    {
        public static List<WebhookContext> Events { get; } = [];

#pragma warning disable CA1822 // A service has instance members.
        public void Add(WebhookContext context) => Events.Add(context);
#pragma warning restore CA1822
    }
}
