using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Reads an event's JSON. Everything in it is checked before it is used; null is what cannot be used.
/// </summary>
internal static class WebhookBody
{
    private const string ConnectionDisconnected = "connection.disconnected";
    private const string PartnerConnectionDisconnected = "partner_connection.disconnected";

    public static bool IsDisconnection(WebhookEvent webhookEvent) =>
        webhookEvent.Name is ConnectionDisconnected or PartnerConnectionDisconnected;

    public static WebhookEvent? Parse(ReadOnlySequence<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutByteOrderMark(body));
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && TryText(root, "id", out var id)
                && TryText(root, "name", out var name)
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
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The accounts that a disconnection is about, each once, wherever the event lists them. What is not a text is left
    /// out.
    /// </summary>
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
                if (TextOrNull(id) is { } text)
                {
                    accounts.Add(text);
                }
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

    private static ReadOnlySequence<byte> WithoutByteOrderMark(ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(body);
        return reader.IsNext(Encoding.UTF8.Preamble, advancePast: true) ? reader.UnreadSequence : body;
    }

    private static JsonElement Data(JsonElement root) =>
        TryMember(root, "data", JsonValueKind.Object, out var data) ? data : default;

    private static bool TryMember(JsonElement holder, string name, JsonValueKind kind, out JsonElement member)
    {
        member = default;
        return holder.ValueKind == JsonValueKind.Object
            && holder.TryGetProperty(name, out member)
            && member.ValueKind == kind;
    }

    private static bool TryText(JsonElement holder, string name, [NotNullWhen(true)] out string? text)
    {
        text = TextOrNull(holder, name);
        return text is not null;
    }

    private static string? TextOrNull(JsonElement holder, string name) =>
        TryMember(holder, name, JsonValueKind.String, out var member) ? TextOrNull(member) : null;

    private static string? TextOrNull(JsonElement member)
    {
        try
        {
            return member.ValueKind == JsonValueKind.String && member.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // How JsonElement speaks of strings that are not valid UTF-8 or UTF-16.
            return null;
        }
    }

    // Airwallex writes the offset without a colon: 2025-07-24T07:16:00+0000.
    private static DateTimeOffset? InstantOrNull(JsonElement holder, string name) =>
        DateTimeOffset.TryParse(
            TextOrNull(holder, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : null;
}
