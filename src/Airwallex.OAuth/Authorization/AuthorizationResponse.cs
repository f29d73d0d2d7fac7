namespace Airwallex.OAuth;

/// <summary>
/// What Airwallex's redirect says: a code, or an error when the customer declined. Immutable; <see cref="ToString"/> hides the code.
/// Check the state with <see cref="AuthorizationState.Matches"/> before anything else. See RFC 6749, sections 4.1.2 and 4.1.2.1.
/// </summary>
public sealed record AuthorizationResponse
{
    private AuthorizationResponse()
    {
    }

    /// <summary>The authorization code, for <see cref="AirwallexConnections.ConnectAsync"/>; null when there is an <see cref="Error"/>.</summary>
    public string? Code { get; private init; }

    /// <summary>The state of the authorize request; null when the redirect lacks it, which is no match.</summary>
    public string? State { get; private init; }

    /// <summary>The error code, such as <c>access_denied</c>; null on success.</summary>
    public string? Error { get; private init; }

    /// <summary>What Airwallex says about the error; null when nothing. Text from outside: encode it before showing it.</summary>
    public string? ErrorDescription { get; private init; }

    /// <summary>Reads the URL that the customer's browser was sent to, absolute or relative.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="redirectedTo"/> is null.</exception>
    /// <exception cref="FormatException">
    /// The query has neither a code nor an error, has both, or repeats one of its parameters (RFC 6749, section 3.1).
    /// </exception>
    public static AuthorizationResponse Parse(Uri redirectedTo)
    {
        ArgumentNullException.ThrowIfNull(redirectedTo);

        var response = new AuthorizationResponse();
        foreach (var (name, value) in ReadQuery(redirectedTo))
        {
            response = name switch
            {
                "code" => response with { Code = Once(name, response.Code, value) },
                "state" => response with { State = Once(name, response.State, value) },
                "error" => response with { Error = Once(name, response.Error, value) },
                "error_description" => response with { ErrorDescription = Once(name, response.ErrorDescription, value) },
                _ => response,
            };
        }

        return (response.Code, response.Error) switch
        {
            (null, null) => throw new FormatException("The redirect from Airwallex has neither a code nor an error. Check that the whole URL was passed, query included."),
            (not null, not null) => throw new FormatException("The redirect from Airwallex has both a code and an error. Treat it as forged and let the customer start again."),
            _ => response,
        };
    }

    /// <summary>The state of affairs without the code, the state or foreign text.</summary>
    public override string ToString() => $"AuthorizationResponse {{ Code = {(Code is null ? "null" : "***")}, Error = {Error} }}";

    private static string? Once(string name, string? before, string value) => before is null
        ? value.Length == 0 ? null : value
        : throw new FormatException($"The redirect from Airwallex repeats the parameter {name}. Treat it as forged and let the customer start again.");

    private static IEnumerable<(string Name, string Value)> ReadQuery(Uri uri)
    {
        var text = uri.OriginalString;
        var from = text.IndexOf('?', StringComparison.Ordinal) + 1;
        var to = text.IndexOf('#', StringComparison.Ordinal);
        if (from == 0 || (to >= 0 && to < from))
        {
            yield break;
        }

        foreach (var pair in text[from..(to < 0 ? text.Length : to)].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (Decode(pair), "") : (Decode(pair[..equals]), Decode(pair[(equals + 1)..]));
        }

        static string Decode(string part) => Uri.UnescapeDataString(part.Replace('+', ' '));
    }
}
