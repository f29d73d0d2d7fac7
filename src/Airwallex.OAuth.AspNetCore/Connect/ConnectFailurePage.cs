using Microsoft.AspNetCore.Http;
using static Airwallex.OAuth.AspNetCore.ConnectPage;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>What a customer reads who comes back without a connection: what happened, in one sentence, and one
/// action.</summary>
internal static class ConnectFailurePage
{
    private const string NotConnected = "Airwallex was not connected";

    public static Task WriteAsync(ConnectFailedContext failed, string host)
    {
        var back = new Link($"Back to {host}", failed.ReturnUrl);
        var startAgain = failed.StartAgainUrl is { } url ? new Link("Start again", url) : back;
        return WriteProblemAsync(failed.HttpContext, failed.StatusCode, Explain(failed, host, startAgain, back));
    }

    private static Page Explain(ConnectFailedContext failed, string host, Link startAgain, Link back) =>
        failed.Kind switch
        {
            ConnectFailureKind.Declined => new(
                NotConnected, "You declined the authorization at Airwallex, so nothing has changed.", back),
            ConnectFailureKind.AuthorizationError => new(
                NotConnected, "Airwallex could not authorize the connection.", startAgain, AirwallexSaid(failed)),
            ConnectFailureKind.InvalidCallback => new(
                "This link cannot be used", $"It is damaged, or it does not belong to {host}.", back),
            ConnectFailureKind.Expired => new(
                "This link has expired",
                "It took too long to come back from Airwallex; a connection that you made earlier is not affected.",
                startAgain),
            ConnectFailureKind.MissingCookie => new(
                "Your browser did not send a cookie",
                $"Allow cookies for {host}, then start again and stay in the same browser.",
                startAgain),
            ConnectFailureKind.AnotherUser => new(
                "You are signed in as another user",
                "Somebody else started this connection in this browser, so nothing was connected.",
                startAgain),
            ConnectFailureKind.AnotherAccount => new(
                "This is another Airwallex account",
                "You authorized another Airwallex account than the one to reconnect, so nothing has changed.",
                startAgain),
            ConnectFailureKind.Refused => new(NotConnected, Printable.From(failed.Refusal) ?? "", back),
            ConnectFailureKind.ExchangeFailed when failed.StatusCode == StatusCodes.Status503ServiceUnavailable => new(
                "Airwallex cannot be reached",
                "The connection could not be finished; start again in a few minutes.",
                startAgain),
            ConnectFailureKind.ExchangeFailed => new(
                NotConnected, "Airwallex did not accept the request of this site.", startAgain),
            ConnectFailureKind.AlreadyUsed => new(
                "This link was used before",
                $"If you have just connected, you are done; if {host} does not show the connection, start again there.",
                back with { Label = "Continue" }),
            ConnectFailureKind.ConnectingFailed => new(
                NotConnected, $"An error at {host} kept the connection from being made.", startAgain),
            _ => new(
                "The connection is not saved yet",
                $"{host} could not store it; look again in a few minutes, and start again if it is missing.",
                back),
        };

    private static string AirwallexSaid(ConnectFailedContext failed)
    {
        var description = failed.ErrorDescription is { } text ? $" ({Printable.From(text)})" : "";
        return $"Airwallex said: {Printable.From(failed.Error)}{description}";
    }
}
