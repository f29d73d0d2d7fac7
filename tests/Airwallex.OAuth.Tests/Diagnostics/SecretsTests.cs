using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.Json;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.Tests.Diagnostics;

/// <summary>Invariant 6: secrets appear in no output.</summary>
[Collection(VirtualTime.Name)]
public sealed class SecretsTests
{
    [Fact]
    public async Task No_secret_appears_in_any_log_exception_event_metric_or_span_of_a_whole_life_of_a_connection()
    {
        var secrets = new ConcurrentDictionary<string, string>();
        var output = new ConcurrentQueue<string>();
        using var spans = Listen(output);
        using var meters = ListenToMeters(output);
        await using var app = new TestApp { Network = airwallex => CollectSecrets(airwallex, secrets) };

        await LiveAsync(app, output);
        await TestApp.SettleAsync();
        meters.RecordObservableInstruments();

        var events = app.Events.All.Select(told => $"{told} {told.Reason} {told.Exception}");
        var everything = output.Concat(app.Log.Lines).Concat(events).ToList();
        Assert.Contains(
            everything,
            line => line.StartsWith("Trace ", StringComparison.Ordinal)); // It was listened to at Trace level.
        Assert.Contains(everything, line => line.Contains("Authorization: *", StringComparison.Ordinal));
        Assert.Contains(everything, line => line.StartsWith("span airwallex.oauth.refresh", StringComparison.Ordinal));
        Assert.Contains(
            everything, line => line.StartsWith("metric airwallex.oauth.refresh.duration", StringComparison.Ordinal));
        Assert.Contains(
            everything, line => line.StartsWith("metric airwallex.oauth.refreshes ", StringComparison.Ordinal));
        Assert.Superset(
            new HashSet<string> { "client_secret", "code", "code_verifier", "refresh_token", "access_token" }, secrets
                .Values.ToHashSet());
        Assert.True(secrets.Count > 10);
        foreach (var (secret, kind) in secrets)
        {
            var leak = everything.Find(
                line => FormsOf(secret).Any(form => line.Contains(form, StringComparison.OrdinalIgnoreCase)));
            Assert.True(leak is null, $"A {kind} leaks: {leak}");
        }
    }

    [Fact]
    public void No_public_type_prints_a_secret()
    {
        const string Secret = "SECRET";
        var now = DateTimeOffset.UnixEpoch;
        var tokens = new TokenSet
        {
            AccountId = "acct_1",
            AccessToken = Secret,
            RefreshToken = Secret,
            AccessTokenExpiresAt = now,
            RefreshTokenExpiresAt = now,
            IssuedAt = now,
        };
        var connection = new ConnectionState
        {
            Key = new ConnectionKey { AccountId = "acct_1", ClientId = "client_1" },
            Version = "1",
            AuthorizationId = "1",
            ConnectedAt = now,
            StatusChangedAt = now,
            Tokens = tokens,
            RenewAt = now,
        };
        var stored = new ConnectionSerializer(protection: null).Write(connection);
        var options = new AirwallexOAuthOptions { ClientId = "client_1", ClientSecret = Secret };

        object[] objects =
        [
            tokens, connection, connection
                .ToConnection(), stored, options, new Pkce { Verifier = Secret, Challenge = Secret },
                    new AuthorizeRequest { State = Secret, CodeChallenge = Secret },
            AuthorizationResponse.Parse(new Uri($"https://example.com/?code={Secret}&state={Secret}")),
            new TokenClient(new HttpClient(), options), new AuthorizeUrlBuilder(options), new InMemoryTokenStore(),
            new RefreshRequest(RefreshTrigger.Rejected) { AskedAt = 0, RejectedToken = Secret },
            new RefreshResult(connection, CachedAccessToken.None(), null),
        ];

        Assert.All(objects, o => Assert.DoesNotContain(Secret, o.ToString(), StringComparison.Ordinal));
        Assert.Contains("acct_1", tokens.ToString(), StringComparison.Ordinal);
        Assert.Contains("acct_1", connection.ToString(), StringComparison.Ordinal);
        Assert.Contains("client_1", options.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string> FormsOf(string secret) =>
    [
        secret, Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), JsonEncodedText.Encode(secret).ToString(),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='), Convert
            .ToHexString(Encoding.UTF8.GetBytes(secret)),
        string.Concat(Encoding.UTF8.GetBytes(secret).Select(letter => $"%{letter:X2}")),
    ];

    private static async Task LiveAsync(TestApp app, ConcurrentQueue<string> output)
    {
        var pkce = Pkce.Create();
        var url = app.Get<AuthorizeUrlBuilder>().Build(
            new AuthorizeRequest { State = AuthorizationState.Create(), CodeChallenge = pkce.Challenge });
        app.Simulator.NextAccount(TestApp.Account);
        var redirect = AuthorizationResponse.Parse(new Uri(app.Simulator.Authorize(url)));
        await app.Connections.ConnectAsync(redirect.Code!, new ConnectOptions { CodeVerifier = pkce.Verifier });
        await FailAsync(
            () =>
                app.Connections.ConnectAsync(
                    redirect.Code!, new ConnectOptions { CodeVerifier = pkce.Verifier })); // Used already.

        await app.ClientOf().GetAsync("api/v1/account");
        await FailAsync(() => app.ClientOf().GetAsync(new Uri("https://evil.example/")));

        // A server that quotes in its errors what was secret in the request.
        foreach (var fault in new Func<string, string, Fault>[]
        {
            (spent, quoted) => Fault.Status(503, JsonSerializer.Serialize(new { message = quoted })),
            (spent, quoted) =>
                Fault.Status(
                    400, JsonSerializer.Serialize(new { error = spent, error_description = quoted, trace_id = spent })),
            (spent, quoted) =>
                Fault.Status(
                    401, JsonSerializer.Serialize(new { error = "invalid_client", error_description = quoted })),
            (spent, quoted) => Fault.Body($"<html>{quoted}</html>"),
            (spent, quoted) =>
                Fault.Body(JsonSerializer.Serialize(new { access_token = $"{spent} {spent}", refresh_token = 7 })),
            (spent, quoted) =>
                Fault.Body(JsonSerializer.Serialize(new { access_token = spent, account_id = "acct_two" })),
            (_, _) => Fault.DropResponseBeforeRotating(),
        })
        {
            var sent = (await app.StoredAsync()).Tokens.RefreshToken;
            app.ExpireTokens();
            app.Simulator.Faults.Next(
                FaultTarget.Token, fault(sent, $"the token {sent} with simulated-client-secret"), times: 2);
            await FailAsync(() => app.ClientOf().GetAsync("api/v1/account"));
            await FailAsync(() => app.TokenAsync());
            await app.AdvanceAsync(20, step: 1);
            app.Simulator.Faults.Clear();
            await FailAsync(() => app.TokenAsync());
        }

        StoreFails();
        await FailAsync(() => app.TokenAsync());
        app.Store.Failure = null;
        await app.AdvanceAsync(30, step: 1);
        await app.ResultAsync(app.ConnectAsync());
        await app.Connections.RefreshAsync(TestApp.Account);

        app.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(401));
        await app.ClientOf().PostAsync("api/v1/account", new StringContent("body"));
        app.Simulator.RevokeByUser(TestApp.Account);
        app.ExpireTokens();
        await FailAsync(() => app.TokenAsync());
        await app.Connections.DisconnectAsync(TestApp.Account);

        async Task FailAsync(Func<Task> act)
        {
            var acting = Task.Run(act);
            await app.AdvanceUntilAsync(acting);
            output.Enqueue($"exception {acting.Exception}");
        }

        void StoreFails()
        {
            app.ExpireTokens();
            app.Store.Failure = new IOException("The database is down.");
        }
    }

    private static Network CollectSecrets(HttpMessageHandler airwallex, ConcurrentDictionary<string, string> secrets)
    {
        var wire = new HttpMessageInvoker(airwallex);
        return new Network(async (request, cancellationToken) =>
        {
            if (request.RequestUri!.AbsolutePath != "/oauth/token")
            {
                return await wire.SendAsync(request, cancellationToken);
            }

            foreach (
                var (name, values) in QueryHelpers.ParseQuery(
                    await request.Content!.ReadAsStringAsync(cancellationToken)))
            {
                if (name is "client_secret" or "code" or "code_verifier" or "refresh_token")
                {
                    secrets[values.ToString()] = name;
                }
            }

            var response = await wire.SendAsync(request, cancellationToken);
            if (
                response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentType?
                    .MediaType == "application/json")
            {
                using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
                foreach (var name in new[] { "access_token", "refresh_token" })
                {
                    if (json.RootElement.TryGetProperty(name, out var token) && token.ValueKind == JsonValueKind.String)
                    {
                        secrets[token.GetString()!] = name;
                    }
                }
            }

            return response;
        });
    }

    private static ActivityListener Listen(ConcurrentQueue<string> output)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Airwallex", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => output.Enqueue(
                $"span {activity.OperationName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} " +
                $"{string.Join(' ', activity.Events)}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static MeterListener ListenToMeters(ConcurrentQueue<string> output)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == AirwallexOAuthDiagnostics.MeterName)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        return listener;

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            output.Enqueue($"metric {instrument.Name} {value} {string.Join(' ', tags.ToArray())}");
    }
}
