using System.Net.Http.Headers;

namespace Airwallex.OAuth;

/// <summary>An access token as the hot path needs it: the header ready to be sent, the instants as ticks. Immutable, replaced whole.</summary>
internal sealed class CachedAccessToken
{
    private readonly AuthenticationHeaderValue? _header;
    private Task<string>? _valueAsTask;

    public CachedAccessToken(string? value, long refreshFromTicks, long waitFromTicks, long expiresAtTicks)
    {
        _header = value is null ? null : new AuthenticationHeaderValue("Bearer", value);
        RefreshFromTicks = refreshFromTicks;
        WaitFromTicks = waitFromTicks;
        ExpiresAtTicks = expiresAtTicks;
    }

    public static CachedAccessToken None { get; } = new(null, 0, 0, 0);

    /// <summary>Null when there is no token.</summary>
    public AuthenticationHeaderValue? Header => _header;

    public string? Value => _header?.Parameter;

    /// <summary>The token as an asynchronous caller takes it, made with the first.</summary>
    public Task<string> ValueAsTask => _valueAsTask ??= Task.FromResult(Value!);

    /// <summary>From here on, a refresh runs in the background.</summary>
    public long RefreshFromTicks { get; }

    /// <summary>From here on, callers wait for a new token.</summary>
    public long WaitFromTicks { get; }

    /// <summary>From here on, the token is useless, even while there is no new one.</summary>
    public long ExpiresAtTicks { get; }
}
