namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// An event that Airwallex has just delivered: what <see cref="WebhookOptions.OnEvent"/> is told. Immutable.
/// </summary>
public sealed class WebhookContext
{
    /// <summary>The event: its id, name, account, time and payload.</summary>
    public required WebhookEvent Event { get; init; }

    /// <summary>The services of the request; scoped services are those of this event alone.</summary>
    public required IServiceProvider Services { get; init; }

    /// <summary>
    /// The name of the application whose endpoint received the event. Default: empty, the application without a name.
    /// </summary>
    public string ApplicationName { get; init; } = "";

    /// <summary>Cancelled when Airwallex stops waiting for the response. Default: none.</summary>
    public CancellationToken CancellationToken { get; init; }
}
