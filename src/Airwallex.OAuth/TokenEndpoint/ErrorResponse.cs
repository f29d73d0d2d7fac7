using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth;

/// <summary>An error answer, in RFC 6749's form {error, error_description} or in Airwallex's own {code, message, trace_id}.</summary>
internal readonly record struct ErrorResponse(string? Error, string? Description, string? TraceId)
{
    private const int LongestText = 300;

    /// <summary>Reads a body; what is no error in either form gives an empty one.</summary>
    /// <param name="body">The body, as far as it was read.</param>
    /// <param name="secrets">What was secret in the request: a server that quotes it must not get it into our logs.</param>
    public static ErrorResponse Read(ReadOnlyMemory<byte> body, IReadOnlyCollection<string> secrets)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            return root.ValueKind != JsonValueKind.Object ? default : new ErrorResponse(
                Text("error") ?? Text("code"), Text("error_description") ?? Text("message"), Text("trace_id"));

            string? Text(string name)
            {
                try
                {
                    return root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Clean(value.GetString()!, secrets) : null;
                }
                catch (InvalidOperationException)
                {
                    return null; // JSON, but no text: half a surrogate pair, or bytes that are no UTF-8.
                }
            }
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Clean(string text, IReadOnlyCollection<string> secrets)
    {
        foreach (var secret in secrets.Where(secret => secret.Length > 0))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        // Control characters would let a server write lines of its own into our logs.
        var clean = new StringBuilder(Math.Min(text.Length, LongestText));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, LongestText)))
        {
            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.Length == 0 ? null : clean.ToString();
    }
}
