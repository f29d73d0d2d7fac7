using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Tells a failure: to the log, to the application, and to the customer.</summary>
internal static class ConnectFailure
{
    public static async Task TellAsync(
        HttpContext context,
        ConnectFlow flow,
        ILogger logger,
        ConnectState? state,
        ConnectOutcome outcome,
        AuthorizationResponse? response)
    {
        var error = Printable.From(response?.Error);
        var level = LevelOf(outcome);
        logger.CustomerCameBackWithoutConnection(level, outcome.Kind, error, outcome.Exception);
        var failed = new ConnectFailedContext
        {
            HttpContext = context,
            Kind = outcome.Kind,
            StatusCode = outcome.StatusCode,
            Properties = state?.Properties,
            ReturnUrl = state?.ReturnUrl ?? flow.Root(context.Request),
            StartAgainUrl = state?.StartUrl,
            Refusal = outcome.Refusal,
            Error = response?.Error,
            ErrorDescription = response?.ErrorDescription,
            Exception = outcome.Exception,
        };
        if (flow.Options.OnFailed is { } onFailed)
        {
            await onFailed(failed).ConfigureAwait(false);
        }

        if (!failed.IsHandled)
        {
            await ConnectFailurePage.WriteAsync(failed, flow.Host(context.Request)).ConfigureAwait(false);
        }
    }

    // What strangers can cause is no more than information.
    private static LogLevel LevelOf(ConnectOutcome outcome) => outcome switch
    {
        { Kind: ConnectFailureKind.ConnectingFailed } => LogLevel.Error,
        { Exception: not null } => LogLevel.Warning,
        { Kind: ConnectFailureKind.AuthorizationError, StatusCode: >= 500 } => LogLevel.Warning,
        _ => LogLevel.Information,
    };
}
