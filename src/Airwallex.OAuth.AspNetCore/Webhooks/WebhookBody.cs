using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Reads an event's JSON. Everything in it is checked before it is used; null stands for what cannot be used.</summary>
internal static class WebhookBody
{
    public const string ConnectionDisconnected = "connection.disconnected";
    public const string PartnerConnectionDisconnected = "partner_connection.disconnected";

    public static WebhookEvent? Parse(ReadOnlySequence<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && TryText(root, "id", out var id) && TryText(root, "name", out var name)
                ? new WebhookEvent
                {
                    Id = id,
                    Name = name,
                    AccountId = TextOrNull(root, "account_id") ?? TextOrNull(Data(root), "account_id"),
                    CreatedAt = InstantOrNull(root, "created_at"),
                    Json = root.Clone(),
                }
                : null;
        }
        // The second is how JsonElement speaks of strings that are not valid UTF-8 or UTF-16.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The accounts that a disconnection is about, wherever the event lists them; empty when it names none that could be one.</summary>
    public static IReadOnlyCollection<string> DisconnectedAccounts(WebhookEvent disconnection)
    {
        var accounts = new HashSet<string>(StringComparer.Ordinal);
        if (disconnection.AccountId is { } accountId)
        {
            accounts.Add(accountId);
        }

        foreach (var holder in new[] { disconnection.Json, Data(disconnection.Json) })
        {
            if (!TryMember(holder, "account_ids", JsonValueKind.Array, out var ids))
            {
                continue;
            }

            foreach (var id in ids.EnumerateArray())
            {
                if (id.ValueKind != JsonValueKind.String || id.GetString() is not { Length: > 0 } text)
                {
                    return [];
                }

                accounts.Add(text);
            }
        }

        return accounts;
    }

    /// <summary>Why, as a sentence for <see cref="AirwallexConnection.StatusReason"/>.</summary>
    public static string Reason(WebhookEvent disconnection)
    {
        var reason = TextOrNull(disconnection.Json, "reason") ?? TextOrNull(Data(disconnection.Json), "reason");
        return reason is null
            ? $"Airwallex reported that the connection was ended ({disconnection.Name})."
            : $"Airwallex reported that the connection was ended ({disconnection.Name}, {Printable.From(reason)}).";
    }

    private static JsonElement Data(JsonElement root) => TryMember(root, "data", JsonValueKind.Object, out var data) ? data : default;

    private static bool TryMember(JsonElement holder, string name, JsonValueKind kind, out JsonElement member)
    {
        member = default;
        return holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out member) && member.ValueKind == kind;
    }

    private static bool TryText(JsonElement holder, string name, [NotNullWhen(true)] out string? text)
    {
        text = TextOrNull(holder, name);
        return text is not null;
    }

    private static string? TextOrNull(JsonElement holder, string name) =>
        TryMember(holder, name, JsonValueKind.String, out var member) && member.GetString() is { Length: > 0 } text ? text : null;

    // Airwallex writes the offset without a colon: 2025-07-24T07:16:00+0000.
    private static DateTimeOffset? InstantOrNull(JsonElement holder, string name) =>
        DateTimeOffset.TryParse(TextOrNull(holder, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;
}
