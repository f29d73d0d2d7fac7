using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// A webhook as Airwallex would deliver it, made by <see cref="AirwallexSimulator.CreateWebhook"/>. Delivery is the
/// test's business: <c>await client.SendAsync(webhook.ToRequest(uri))</c>, as often and as late as it likes.
/// </summary>
public sealed class SimulatedWebhook
{
    // Airwallex writes the plus of "+0000" as it is; the default encoder would write it as an escape.
    private static readonly JsonSerializerOptions s_json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal SimulatedWebhook(string secret, string body, DateTimeOffset sentAt)
    {
        Body = body;
        Timestamp = sentAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        Signature = Sign(secret, Timestamp, body);
    }

    /// <summary>The raw JSON body.</summary>
    public string Body { get; }

    /// <summary>The header <c>x-timestamp</c>: milliseconds since 1970.</summary>
    public string Timestamp { get; }

    /// <summary>
    /// The header <c>x-signature</c>: lower-case hex of the HMAC-SHA256, keyed with the webhook's secret, over the
    /// timestamp followed at once by the raw body.
    /// </summary>
    public string Signature { get; }

    /// <summary>A new POST request that delivers it.</summary>
    /// <param name="requestUri">Where to.</param>
    public HttpRequestMessage ToRequest(Uri requestUri)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, requestUri)
        {
            Content = new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-timestamp", Timestamp);
        request.Headers.Add("x-signature", Signature);
        return request;
    }

    internal static SimulatedWebhook Create(
        string secret, string eventName, string eventId, SimulatedAccount account, SimulatedClient client,
        DateTimeOffset now)
    {
        var connectionId = "con_" + account.Id;
        var scopes = account.Families.LastOrDefault(family => family.Client == client)?.Scope.Split(' ') ?? [];
        // As on Airwallex's page: no colon in the offset.
        var createdAt = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+0000'", CultureInfo.InvariantCulture);
        var body = eventName == "partner_connection.disconnected"
            ? JsonSerializer.Serialize(new
            {
                id = eventId,
                name = eventName,
                app_id = client.ClientId,
                data = new { account_ids = new[] { account.Id }, reason = "user_initiated" },
                created_at = createdAt,
                version = "2022-11-11",
            }, s_json)
            : JsonSerializer.Serialize(new
            {
                id = eventId,
                name = eventName,
                account_id = account.Id,
                data = new
                {
                    id = connectionId,
                    account_id = account.Id,
                    status = eventName == "connection.disconnected" ? "DISCONNECTED" : "CONNECTED",
                    authorized_scopes = scopes,
                },
                created_at = createdAt,
                version = "2022-11-11",
                source_id = connectionId,
            }, s_json);
        return new SimulatedWebhook(secret, body, now);
    }

    private static string Sign(string secret, string timestamp, string body)
    {
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(timestamp + body));
        return Convert.ToHexString(hash).ToLower(CultureInfo.InvariantCulture);
    }
}
