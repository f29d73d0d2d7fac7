using Airwallex.OAuth;

namespace ConnectPortal.Timeline;

/// <summary>An event of the library in people's words, and in those of the protocol.</summary>
public static class ConnectionEventWords
{
    public static (TimelineKind Kind, string Text, string Details) Of(ConnectionEvent connectionEvent)
    {
        ArgumentNullException.ThrowIfNull(connectionEvent);
        var (kind, text, details) = connectionEvent.Kind switch
        {
            ConnectionEventKind.Connected => (
                TimelineKind.Good, "Connected.", "The authorization code was exchanged, and the tokens are stored."),
            ConnectionEventKind.Refreshed => (
                TimelineKind.Good, "Renewed.",
                "The refresh token was used once and replaced by a new one, with a new access token."),
            ConnectionEventKind.Recovered => (
                TimelineKind.Saved, "Recovered. Nothing was lost.",
                "The response to an earlier refresh may have been lost, so the same refresh token was sent again "
                    + "inside Airwallex's grace period."),
            ConnectionEventKind.RefreshFailed => (
                TimelineKind.Failed,
                connectionEvent.Exception is AirwallexOAuthException { IsTransient: false }
                    ? "Airwallex does not accept what this portal sends. Somebody should look at its settings."
                    : "Airwallex did not respond. The portal tries again by itself.",
                connectionEvent.Exception?.Message ?? "The refresh failed."),
            ConnectionEventKind.RenewalOverdue => (
                TimelineKind.Late, "This connection should have been renewed by now. Somebody should look.",
                "The refresh token is past its renewal window."),
            ConnectionEventKind.ReauthorizationRequired => (
                TimelineKind.Lost, "Airwallex ended the connection. The customer must connect again.",
                connectionEvent.Reason ?? "Airwallex rejected the refresh token."),
            ConnectionEventKind.Disconnected => (
                TimelineKind.Lost, "The connection has ended.", connectionEvent.Reason ?? "Disconnected."),
            _ => (TimelineKind.Good, "Something happened.", connectionEvent.Reason ?? ""),
        };
        return (kind, text, $"{details} Event: {connectionEvent.Kind}.");
    }
}
