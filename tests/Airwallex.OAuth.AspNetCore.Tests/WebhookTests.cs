using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore.Tests;

public sealed class WebhookTests
{
    private readonly List<WebhookEvent> _events = [];

    [Fact]
    public async Task A_disconnection_ends_the_connection_and_is_told_to_observers()
    {
        var observer = new Observer();
        await using var app = await StartAsync(services: services => services.AddSingleton<IConnectionObserver>(observer));
        await ConnectAsync(app, "acct_1");

        var status = await SendAsync(app, Disconnected("acct_1", app.Time.GetUtcNow()));

        Assert.Equal(HttpStatusCode.OK, status);
        var connection = await app.Connections.FindAsync("acct_1");
        Assert.Equal(ConnectionStatus.Disconnected, connection!.Status);
        Assert.Contains("connection.disconnected", connection.StatusReason, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(async () => await app.Connections.GetAccessTokenAsync("acct_1"));
        await app.AdvanceUntilAsync(() => observer.Seen.Contains(ConnectionEventKind.Disconnected));
    }

    [Fact]
    public async Task A_partner_disconnection_ends_every_connection_it_names()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        await ConnectAsync(app, "acct_2");
        await ConnectAsync(app, "acct_3");

        var status = await SendAsync(app, """
            {"id":"e1","name":"partner_connection.disconnected","app_id":"app_1","data":{"account_ids":["acct_1","acct_unknown","acct_2"],"org_id":"org_1","reason":"user_initiated"}}
            """);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(ConnectionStatus.Disconnected, (await app.Connections.FindAsync("acct_1"))!.Status);
        Assert.Equal(ConnectionStatus.Disconnected, (await app.Connections.FindAsync("acct_2"))!.Status);
        Assert.Contains("user_initiated", (await app.Connections.FindAsync("acct_2"))!.StatusReason, StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Active, (await app.Connections.FindAsync("acct_3"))!.Status);
    }

    [Fact]
    public async Task The_accounts_may_be_listed_beside_the_data_as_well()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");

        await SendAsync(app, """{"id":"e1","name":"partner_connection.disconnected","app_id":"app_1","account_ids":["acct_1"],"reason":"user_initiated"}""");

        Assert.Equal(ConnectionStatus.Disconnected, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Theory]
    [InlineData("connection.disconnected")]
    [InlineData("partner_connection.disconnected")]
    public async Task A_disconnection_as_the_simulator_signs_it_is_understood(string name)
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        using var browser = app.NewBrowser();

        var webhook = app.Simulator.CreateWebhook(ConnectApp.WebhookSecret, name, "acct_1");
        var response = await browser.SendAsync(webhook.ToRequest(new Uri("http://localhost/airwallex/webhooks")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(ConnectionStatus.Disconnected, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Fact]
    public async Task A_disconnection_from_before_the_customer_connected_again_changes_nothing()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        var disconnectedAt = app.Time.GetUtcNow();
        app.Time.Advance(TimeSpan.FromSeconds(5));
        await ConnectAsync(app, "acct_1");

        var status = await SendAsync(app, Disconnected("acct_1", disconnectedAt));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(ConnectionStatus.Active, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Fact]
    public async Task A_disconnection_of_an_unknown_account_is_accepted()
    {
        await using var app = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Disconnected("acct_unknown", app.Time.GetUtcNow())));
    }

    [Fact]
    public async Task Every_other_event_goes_to_the_application_once()
    {
        await using var app = await StartAsync();
        const string Body = """{"id":"e1","name":"payment_intent.succeeded","account_id":"acct_1","created_at":"2025-07-24T07:16:00+0000","data":{"amount":5}}""";

        await SendAsync(app, Body);
        app.Time.Advance(TimeSpan.FromMinutes(1));
        var again = await SendAsync(app, Body);

        Assert.Equal(HttpStatusCode.OK, again);
        var received = Assert.Single(_events);
        Assert.Equal("e1", received.Id);
        Assert.Equal("payment_intent.succeeded", received.Name);
        Assert.Equal("acct_1", received.AccountId);
        Assert.Equal(new DateTimeOffset(2025, 7, 24, 7, 16, 0, TimeSpan.Zero), received.CreatedAt);
        Assert.Equal(5, received.Json.GetProperty("data").GetProperty("amount").GetInt32());
    }

    [Fact]
    public async Task An_event_nobody_waits_for_is_accepted()
    {
        await using var app = await ConnectApp.StartAsync();

        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, """{"id":"e1","name":"payment_intent.succeeded"}"""));
    }

    [Fact]
    public async Task An_event_that_failed_is_handled_when_it_is_delivered_again()
    {
        var attempts = 0;
        await using var app = await StartAsync(flow => flow.Webhooks.OnEvent = (_, _) => ++attempts == 1 ? throw new IOException("down") : Task.CompletedTask);
        const string Body = """{"id":"e1","name":"payment_intent.succeeded"}""";

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(app, Body));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(app, Body));
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_store_that_is_down_makes_Airwallex_deliver_again()
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");
        var body = Disconnected("acct_1", app.Time.GetUtcNow());

        app.Store.IsDown = true;
        var first = await SendAsync(app, body);
        app.Store.IsDown = false;
        var second = await SendAsync(app, body);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, first);
        Assert.Equal(HttpStatusCode.OK, second);
        Assert.Equal(ConnectionStatus.Disconnected, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Fact]
    public async Task A_second_delivery_while_the_first_is_handled_is_not_acknowledged()
    {
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await StartAsync(flow => flow.Webhooks.OnEvent = (_, _) =>
        {
            entered.TrySetResult();
            return gate.Task;
        });
        const string Body = """{"id":"e1","name":"payment_intent.succeeded"}""";

        var first = SendAsync(app, Body);
        await entered.Task;
        var second = await SendAsync(app, Body);
        gate.SetResult();

        Assert.Equal(HttpStatusCode.Conflict, second);
        Assert.Equal(HttpStatusCode.OK, await first);
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
        request.Headers.Add("x-timestamp", (app.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1).ToString(CultureInfo.InvariantCulture));

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, request));
        Assert.Empty(_events);
    }

    [Fact]
    public async Task A_signature_by_another_secret_is_refused()
    {
        await using var app = await StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", secret: "whsec_other")));
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
    [InlineData(-301, HttpStatusCode.Unauthorized)]
    [InlineData(-299, HttpStatusCode.OK)]
    [InlineData(299, HttpStatusCode.OK)]
    [InlineData(301, HttpStatusCode.Unauthorized)]
    public async Task A_timestamp_may_be_five_minutes_off_and_no_more(int seconds, HttpStatusCode expected)
    {
        await using var app = await StartAsync();

        Assert.Equal(expected, await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", sentAt: app.Time.GetUtcNow().AddSeconds(seconds))));
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
            request.Headers.TryAddWithoutValidation("x-timestamp", timestamp == "now" ? Milliseconds(app.Time.GetUtcNow()) : timestamp);
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
    [InlineData("""{"id":"e1","name":"connection.disconnected"}""")]
    [InlineData("""{"id":"e1","name":"connection.disconnected","account_id":7}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":[]}}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":"acct_1"}}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":["acct_1",7]}}""")]
    [InlineData("""{"id":"e1","name":"partner_connection.disconnected","data":{"account_ids":["acct_1",""]}}""")]
    public async Task Odd_JSON_is_refused_and_changes_nothing(string body)
    {
        await using var app = await StartAsync();
        await ConnectAsync(app, "acct_1");

        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(app, body));
        Assert.Empty(_events);
        Assert.Equal(ConnectionStatus.Active, (await app.Connections.FindAsync("acct_1"))!.Status);
    }

    [Fact]
    public async Task JSON_nested_without_end_is_refused()
    {
        await using var app = await StartAsync();

        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(app, """{"id":"e1","name":"x","data":""" + new string('[', 100_000) + new string(']', 100_000) + "}"));
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

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(app, Signed(app, """{"id":"e1","name":"x"}""", secret: "")));
        Assert.Empty(_events);
        Assert.Contains("Webhooks.Secrets", app.Log.Text, StringComparison.Ordinal);
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

    private Task<ConnectApp> StartAsync(Action<ConnectFlowOptions>? flow = null, Action<IServiceCollection>? services = null) =>
        ConnectApp.StartAsync(
            connect =>
            {
                connect.Webhooks.OnEvent = (received, _) =>
                {
                    _events.Add(received);
                    return Task.CompletedTask;
                };
                flow?.Invoke(connect);
            },
            services: services);

    private static Task<AirwallexConnection> ConnectAsync(ConnectApp app, string accountId)
    {
        var redirectUri = new Uri("http://localhost/airwallex/callback");
        return app.Connections.ConnectAsync(app.Simulator.ConnectAccount(accountId, redirectUri), redirectUri);
    }

    private static string Disconnected(string accountId, DateTimeOffset at) =>
        $$"""{"id":"e-{{accountId}}","name":"connection.disconnected","account_id":"{{accountId}}","data":{"account_id":"{{accountId}}","status":"DISCONNECTED"},"created_at":"{{at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}}+0000","version":"2022-11-11"}""";

    private static HttpRequestMessage Request(string body) => new(HttpMethod.Post, "/airwallex/webhooks") { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    // Computed here on its own, from what Airwallex's page says.
    private static HttpRequestMessage Signed(ConnectApp app, string body, string secret = ConnectApp.WebhookSecret, DateTimeOffset? sentAt = null)
    {
        var timestamp = Milliseconds(sentAt ?? app.Time.GetUtcNow());
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secret));
        var request = Request(body);
        request.Headers.Add("x-timestamp", timestamp);
        request.Headers.Add("x-signature", Convert.ToHexStringLower(hmac.ComputeHash(Encoding.UTF8.GetBytes(timestamp + body))));
        return request;
    }

    private static string Milliseconds(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static Task<HttpStatusCode> SendAsync(ConnectApp app, string body) => SendAsync(app, Signed(app, body));

    private static async Task<HttpStatusCode> SendAsync(ConnectApp app, HttpRequestMessage request)
    {
        using var browser = app.NewBrowser();
        using var response = await browser.SendAsync(request);
        return response.StatusCode;
    }

    private sealed class UnknownLength(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class Observer : IConnectionObserver
    {
        public HashSet<ConnectionEventKind> Seen { get; } = [];

        public ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken)
        {
            Seen.Add(connectionEvent.Kind);
            return ValueTask.CompletedTask;
        }
    }
}
