using System.Text.Json;
using System.Text.Json.Nodes;

namespace Airwallex.OAuth.Testing;

/// <content>Responses that are not as documented. The request is carried out: the refresh token is rotated.</content>
public sealed partial record Fault
{
    private static readonly string[] s_tokenFields =
        ["access_token", "account_id", "expires_in", "refresh_token", "refresh_token_expires_in", "scope",
            "token_type"];

    private static readonly string[] s_oddValues =
        ["null", "\"\"", "\"300\"", "\"\\u0000 é\"", "true", "0", "-1", "1.5", "1e300", "[]", "[\"a\",1]", "{}"];

    internal string? BodyText { get; private init; }
    internal string? BodyContentType { get; private init; }
    internal IReadOnlyList<FieldChange> FieldChanges { get; private init; } = [];
    internal bool HasByteOrderMark { get; private init; }
    internal string? ContentEncoding { get; private init; }
    internal bool BodyEndsEarly { get; private init; }

    /// <summary>Whether the client reads another response than the one that the server decided on.</summary>
    internal bool ChangesResponse =>
        StatusCode is not null || BodyText is not null || FieldChanges.Count > 0 || BodyEndsEarly;

    /// <summary>
    /// Every field of a successful token response, missing or with a value of another type or out of range: one fault
    /// for each. A client should keep the connection under all of them, save those of <c>refresh_token</c>, which leave
    /// nothing to keep.
    /// </summary>
    public static IReadOnlyList<Fault> OddTokenResponses { get; } =
    [
        .. s_tokenFields.Select(WithoutField),
        .. s_tokenFields.SelectMany(field => s_oddValues.Select(value => Field(field, value))),
    ];

    /// <summary>Sends this body in place of the real one.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its content type.</param>
    public static Fault Body(string body, string contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentException.ThrowIfNullOrWhiteSpace(contentType);
        return new() { BodyText = body, BodyContentType = contentType };
    }

    /// <summary>Gives a field of the JSON response this value, whether or not the response has the field.</summary>
    /// <param name="name">The field, such as <c>expires_in</c>.</param>
    /// <param name="json">Its value as JSON, such as <c>"300"</c> with its quotes, or <c>[]</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="json"/> is not JSON.</exception>
    public static Fault Field(string name, string json)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            JsonNode.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new ArgumentException(
                $"The value {json} is not JSON. A text needs its quotes.", nameof(json), exception);
        }

        return new() { FieldChanges = [new FieldChange(name, json)] };
    }

    /// <summary>Leaves a field out of the JSON response.</summary>
    /// <param name="name">The field, such as <c>expires_in</c>.</param>
    public static Fault WithoutField(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new() { FieldChanges = [new FieldChange(name, Json: null)] };
    }

    /// <summary>Sends the body under another content type.</summary>
    /// <param name="contentType">The content type, such as <c>text/plain</c>.</param>
    public static Fault ContentType(string contentType)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(contentType);
        return new() { BodyContentType = contentType };
    }

    /// <summary>Begins the body with a UTF-8 byte order mark.</summary>
    public static Fault ByteOrderMark() => new() { HasByteOrderMark = true };

    /// <summary>Compresses the body, whether or not the client asked for it.</summary>
    /// <param name="encoding"><c>gzip</c>, <c>deflate</c> or <c>br</c>.</param>
    /// <exception cref="ArgumentException">The encoding is none of these.</exception>
    public static Fault Compressed(string encoding) => encoding is "gzip" or "deflate" or "br"
        ? new() { ContentEncoding = encoding }
        : throw new ArgumentException($"The encoding {encoding} is none of gzip, deflate and br.", nameof(encoding));

    /// <summary>The connection breaks in the middle of the body.</summary>
    public static Fault EndBodyEarly() => new() { BodyEndsEarly = true };

    /// <summary>A field and its new value as JSON; null leaves the field out.</summary>
    internal sealed record FieldChange(string Name, string? Json)
    {
        public override string ToString() => Json is null ? $"no {Name}" : $"{Name} {Json}";

        public void Apply(JsonObject body)
        {
            if (Json is null)
            {
                body.Remove(Name);
            }
            else
            {
                body[Name] = JsonNode.Parse(Json);
            }
        }
    }
}
