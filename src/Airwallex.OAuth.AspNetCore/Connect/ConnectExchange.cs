using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>The exchange of one code, with what the application has to say before the connection is saved.</summary>
internal sealed class ConnectExchange(HttpContext context, ConnectFlow flow, ConnectState state, ClaimsPrincipal user)
{
    // Set while OnConnecting runs and after it failed.
    private bool _connecting;

    /// <summary>The connection as saved; null when there is none.</summary>
    public AirwallexConnection? Connection { get; private set; }

    public async Task<ConnectOutcome> RunAsync(string code)
    {
        var options = new ConnectOptions
        {
            RedirectUri = state.RedirectUri,
            CodeVerifier = state.CodeVerifier,
            // Not set without need: with it, nothing is saved while the store cannot be read.
            OnConnecting = state.AccountId is null && flow.Options.OnConnecting is null ? null : OnConnectingAsync,
        };
        try
        {
            // Not the request's cancellation: a customer who closes the tab has authorized all the same.
            Connection = await flow.Connections.ConnectAsync(code, options, CancellationToken.None)
                .ConfigureAwait(false);
            return new ConnectOutcome { ReturnUrl = state.ReturnUrl };
        }
        catch (RefusedException refused)
        {
            return refused.Outcome;
        }
#pragma warning disable CA1031 // What cannot be exchanged or saved is told to the customer, whatever the store throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var (kind, status) = Explain(exception);
            return new ConnectOutcome { Kind = kind, StatusCode = status, Exception = exception };
        }
    }

    private async Task OnConnectingAsync(ConnectingAccount account, CancellationToken cancellationToken)
    {
        if (state.AccountId is { } asked && asked != account.AccountId)
        {
            throw new RefusedException(ConnectFailureKind.AnotherAccount, StatusCodes.Status409Conflict);
        }

        if (flow.Options.OnConnecting is not { } onConnecting)
        {
            return;
        }

        _connecting = true;
        var connecting = new ConnectingContext
        {
            HttpContext = context,
            Account = account,
            User = user,
            Properties = state.Properties,
            CancellationToken = cancellationToken,
        };
        await onConnecting(connecting).ConfigureAwait(false);
        if (connecting.Refusal is { } refusal)
        {
            throw new RefusedException(ConnectFailureKind.Refused, StatusCodes.Status403Forbidden, refusal);
        }

        _connecting = false;
    }

    private (ConnectFailureKind Kind, int Status) Explain(Exception exception) => exception switch
    {
        _ when _connecting => (ConnectFailureKind.ConnectingFailed, StatusCodes.Status500InternalServerError),
        // A code is good once (RFC 6749, section 4.1.2), and this instance has sent it once.
        TokenRequestException { Error: "invalid_grant" } => (ConnectFailureKind.AlreadyUsed, StatusCodes.Status200OK),
        TokenRequestException { IsTransient: true } =>
            (ConnectFailureKind.ExchangeFailed, StatusCodes.Status503ServiceUnavailable),
        TokenRequestException => (ConnectFailureKind.ExchangeFailed, StatusCodes.Status502BadGateway),
        _ => (ConnectFailureKind.StoreUnavailable, StatusCodes.Status503ServiceUnavailable),
    };

    private sealed class RefusedException(ConnectFailureKind kind, int status, string? refusal = null)
        : Exception("The application refused the connection.")
    {
        public ConnectOutcome Outcome { get; } = new() { Kind = kind, StatusCode = status, Refusal = refusal };
    }
}
