namespace Airwallex.OAuth;

/// <summary>
/// What Airwallex's redirect says: a code, or an error when the customer declined. Immutable; <see cref="ToString"/>
/// hides the code. Check the state with <see cref="AuthorizationState.Matches"/> before anything else. See RFC 6749,
/// sections 4.1.2 and 4.1.2.1.
/// </summary>
public sealed record AuthorizationResponse
{
    private AuthorizationResponse()
    {
    }

    /// <summary>
    /// The authorization code, for <see cref="AirwallexConnections.ConnectAsync"/>; null when there is an
    /// <see cref="Error"/>.
    /// </summary>
    public string? Code { get; private init; }

    /// <summary>The state of the authorize request; null when the redirect lacks it, which never matches.</summary>
    public string? State { get; private init; }

    /// <summary>
    /// The error code, such as <c>access_denied</c>; null on success. Text from outside: encode it before showing it.
    /// </summary>
    public string? Error { get; private init; }

    /// <summary>
    /// What Airwallex says about the error; null when nothing. Text from outside: encode it before showing it.
    /// </summary>
    public string? ErrorDescription { get; private init; }

    /// <summary>Reads the URL that the customer's browser was sent to, absolute or relative.</summary>
    /// <param name="redirectedTo">The URL, query included. Unknown parameters and the fragment do not matter.</param>
    /// <returns>The code or the error, and the state.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="redirectedTo"/> is null.</exception>
    /// <exception cref="FormatException">
    /// The query has neither a code nor an error, has both, or repeats one of its parameters (RFC 6749, section 3.1);
    /// or the code is blank, longer than 8,192 characters or has control characters.
    /// </exception>
    public static AuthorizationResponse Parse(Uri redirectedTo)
    {
        ArgumentNullException.ThrowIfNull(redirectedTo);

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in ReadQuery(redirectedTo.OriginalString))
        {
            if (name is "code" or "state" or "error" or "error_description" && !values.TryAdd(name, value))
            {
                throw Forged($"repeats the parameter {name}");
            }
        }

        var response = new AuthorizationResponse
        {
            Code = Find("code"),
            State = Find("state"),
            Error = Find("error"),
            ErrorDescription = Find("error_description"),
        };
        return response switch
        {
            { Code: null, Error: null } => throw new FormatException(
                "The redirect from Airwallex has neither a code nor an error. Check that the whole URL was passed, "
                + "query included."),
            { Code: not null, Error: not null } => throw Forged("has both a code and an error"),
            { Code: { } code } when !CodeRule.Allows(code) => throw Forged("has a code that is malformed"),
            _ => response,
        };

        // An empty parameter says as much as a missing one.
        string? Find(string name) => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Whether it is a code or an error; never the code, the state or text from outside.</summary>
    public override string ToString() => $"AuthorizationResponse {{ {(Code is null ? "Error" : "Code")} = *** }}";

    private static FormatException Forged(string what) =>
        new($"The redirect from Airwallex {what}. Treat it as forged and let the customer start again.");

    private static IEnumerable<(string Name, string Value)> ReadQuery(string url)
    {
        var end = url.IndexOf('#', StringComparison.Ordinal);
        var query = (end < 0 ? url : url[..end]).Split('?', 2);
        foreach (var pair in query.Length < 2 ? [] : query[1].Split('&'))
        {
            var parts = pair.Split('=', 2);
            yield return (Decode(parts[0]), parts.Length < 2 ? "" : Decode(parts[1]));
        }

        static string Decode(string part) => Uri.UnescapeDataString(part.Replace('+', ' '));
    }
}
