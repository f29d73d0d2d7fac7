using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// What a flow keeps from its start to its callback. It travels over Airwallex, encrypted, as the state.
/// </summary>
internal sealed class ConnectState
{
    // Short, since all of it ends up in a URL.
    private const string Prefix = "airwallex:";
    private const string FlowIdKey = Prefix + "f";
    private const string RedirectUriKey = Prefix + "r";
    private const string CodeVerifierKey = Prefix + "v";
    private const string StartUrlKey = Prefix + "s";
    private const string AccountIdKey = Prefix + "a";
    private const string ClaimTypeKey = Prefix + "t";
    private const string ClaimValueKey = Prefix + "u";

    public required string FlowId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// The redirect URI as it was sent; the exchange must name the same one (RFC 6749, section 4.1.3).
    /// </summary>
    public required Uri RedirectUri { get; init; }

    public required string ReturnUrl { get; init; }

    public string? CodeVerifier { get; init; }

    /// <summary>Where the customer can start again; null when that is not a page.</summary>
    public string? StartUrl { get; init; }

    /// <summary>The account to reconnect; null for any.</summary>
    public string? AccountId { get; init; }

    /// <summary>The claim that identifies the user who started; null when nobody was signed in.</summary>
    public Claim? User { get; init; }

    /// <summary>What belongs to the application.</summary>
    public required AuthenticationProperties Properties { get; init; }

    public string Protect(ISecureDataFormat<AuthenticationProperties> format)
    {
        var properties = Properties.Clone();
        properties.RedirectUri = ReturnUrl;
        properties.IssuedUtc = StartedAt;
        Set(FlowIdKey, FlowId);
        Set(RedirectUriKey, RedirectUri.OriginalString);
        Set(CodeVerifierKey, CodeVerifier);
        Set(StartUrlKey, StartUrl);
        Set(AccountIdKey, AccountId);
        Set(ClaimTypeKey, User?.Type);
        Set(ClaimValueKey, User?.Value);
        return format.Protect(properties);

        // A null would come back as an empty text.
        void Set(string key, string? value)
        {
            if (value is not null)
            {
                properties.Items[key] = value;
            }
        }
    }

    /// <summary>Null when the text was not made by <see cref="Protect"/> of this application.</summary>
    public static ConnectState? Unprotect(string? text, ISecureDataFormat<AuthenticationProperties> format)
    {
        if (format.Unprotect(text) is not { RedirectUri: { } returnUrl, IssuedUtc: { } startedAt } properties
            || Get(FlowIdKey) is not { } flowId
            || Get(RedirectUriKey) is not { } redirectUri)
        {
            return null;
        }

        var own = properties.Clone();
        foreach (var key in own.Items.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal)).ToList())
        {
            own.Items.Remove(key);
        }

        return new ConnectState
        {
            FlowId = flowId,
            StartedAt = startedAt,
            RedirectUri = new Uri(redirectUri),
            ReturnUrl = returnUrl,
            CodeVerifier = Get(CodeVerifierKey),
            StartUrl = Get(StartUrlKey),
            AccountId = Get(AccountIdKey),
            User = Get(ClaimTypeKey) is { } type && Get(ClaimValueKey) is { } value ? new Claim(type, value) : null,
            Properties = own,
        };

        string? Get(string key) => properties.Items.TryGetValue(key, out var value) ? value : null;
    }
}
