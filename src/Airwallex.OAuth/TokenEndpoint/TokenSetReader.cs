using System.Text.Json;

namespace Airwallex.OAuth;

/// <summary>
/// Turns a response into tokens. A sound refresh token is never dropped, whatever else is odd: what is missing or
/// cannot be used is as before, and is named as odd.
/// </summary>
internal sealed class TokenSetReader(JsonMembers json, TokenRequest request, DateTimeOffset sentAt)
{
    // What a store must be able to keep (64 KB, encrypted) and a header to carry.
    private const int LongestText = 16 * 1024;
    private const int LongestAccountId = 255;

    private readonly TokenSet? _previous = request.Previous;
    private readonly List<string> _oddities = [];

    public static bool HasRefreshToken(JsonMembers json) => json.Find("refresh_token", IsSoundToken) is not null;

    /// <summary>
    /// The tokens; null, and why, when there is not a sound refresh token, or when they are another account's.
    /// </summary>
    public TokenSet? Read(out string? fault)
    {
        fault = null;
        if (Find("refresh_token", IsSoundToken) is not { } refreshToken)
        {
            fault = json.FindAll("refresh_token").Count > 0
                ? "refresh_token is not 1 to 8,192 visible ASCII characters" : "it is not JSON with a refresh_token";
            return null;
        }

        var accountId = ReadAccountId(out fault);
        if (accountId is null)
        {
            return null;
        }

        Find("token_type", static member => string.Equals(member.Text, "bearer", StringComparison.OrdinalIgnoreCase));
        var accessToken = Find("access_token", IsAccessToken)?.Text;
        var accessLifetime = ReadAccessLifetime(accessToken);
        var refreshLifetime = FindLifetime("refresh_token_expires_in")
            ?? TokenLifetime.Between(_previous?.IssuedAt, _previous?.RefreshTokenExpiresAt);
        return new TokenSet
        {
            AccountId = accountId,
            AccessToken = accessToken ?? "",
            AccessTokenExpiresAt = TokenLifetime.End(sentAt, accessLifetime),
            RefreshToken = refreshToken.Text!,
            RefreshTokenExpiresAt = refreshLifetime is { } lifetime ? TokenLifetime.End(sentAt, lifetime) : null,
            Scopes = ReadScopes(),
            IssuedAt = sentAt,
            Oddities = DescribeOddities(),
        };
    }

    /// <summary>
    /// The account; null, and why, when it is another one than expected, or when a new connection has none.
    /// </summary>
    private string? ReadAccountId(out string? fault)
    {
        fault = null;
        var member = Find("account_id", static member => member.IsText && IsAccountId(member.Text!));
        if (_previous is null)
        {
            fault = member is null && !request.IsRefresh
                ? "account_id is missing or malformed, and tokens of an unknown account cannot be kept" : null;
            return fault is null ? member?.Text ?? "" : null;
        }

        // Each one that is named must be ours: nobody gets another account's token (invariant 5).
        var others = json.FindAll("account_id").FindAll(
            named => named.IsText && named.Text!.Trim() is { Length: > 0 } text && text != _previous.AccountId);
        fault = others.Count == 0 ? null : "its account_id is another account's";
        return others.Count == 0 ? _previous.AccountId : null;
    }

    /// <summary>The shorter of what the response says and what a JWT says; else as before; else a minute.</summary>
    private TimeSpan ReadAccessLifetime(string? accessToken)
    {
        var stated = FindLifetime("expires_in");
        var inToken = AccessTokenExpiry.ReadLifetime(accessToken);
        return (accessToken, stated, inToken) switch
        {
            (null, _, _) => TimeSpan.Zero,
            (_, { } one, { } other) => one < other ? one : other,
            _ => stated ?? inToken
                ?? TokenLifetime.Between(_previous?.IssuedAt, _previous?.AccessTokenExpiresAt)
                ?? TokenLifetime.ShortDefault,
        };
    }

    private TimeSpan? FindLifetime(string name)
    {
        var member = Find(name, static member => TokenLifetime.From(member) is not null);
        if (member is { Type: JsonTokenType.String })
        {
            _oddities.Add($"{name} is a text");
        }

        return TokenLifetime.From(member);
    }

    private IReadOnlyList<string> ReadScopes()
    {
        // RFC 6749, section 5.1: a response without a scope means the one that was asked for, so that is not odd.
        var scopes = json.FindAll("scope").Count == 0 ? null : Find("scope", IsScope);
        return scopes?.Text!.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? _previous?.Scopes ?? [];
    }

    private JsonMember? Find(string name, Func<JsonMember, bool> isUsable)
    {
        var found = json.Find(name, isUsable);
        var all = json.FindAll(name);
        var oddity = (found, all.Count) switch
        {
            (null, 0) => "is missing",
            (null, _) => "cannot be used",
            (_, > 1) => "occurs more than once",
            _ when found.Name != name => "is written in another case",
            ({ Type: JsonTokenType.StartArray }, _) => "is an array",
            _ => null,
        };
        if (oddity is not null)
        {
            _oddities.Add($"{name} {oddity}");
        }

        return found;
    }

    private string? DescribeOddities()
    {
        if (json.IsDamaged)
        {
            _oddities.Add("the body is not one whole JSON object");
        }

        return _oddities.Count == 0 ? null : $"In the token response, {string.Join(", ", _oddities)}.";
    }

    private static bool IsSoundToken(JsonMember member) => member.IsText && TokenRequest.IsSound(member.Text);

    private static bool IsAccessToken(JsonMember member) =>
        member.IsText && TokenRequest.IsSound(member.Text, LongestText);

    private static bool IsScope(JsonMember member) =>
        member is { Type: JsonTokenType.String or JsonTokenType.StartArray, Text.Length: <= LongestText }
        && member.Text.AsSpan().Trim(' ').Length > 0 && !member.Text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool IsAccountId(string text) =>
        text.Length is > 0 and <= LongestAccountId && text.Trim() == text && !text.Any(char.IsControl);
}
