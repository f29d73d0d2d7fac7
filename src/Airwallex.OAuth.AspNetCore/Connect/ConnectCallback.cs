using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>One callback: the customer's browser is back from Airwallex.</summary>
internal sealed class ConnectCallback(
    HttpContext context, ConnectFlow flow, CookieBuilder cookie, TimeProvider time, ILogger logger)
{
    public async Task HandleAsync()
    {
        // The callback's own address holds the code: no page after it learns that address.
        ConnectPage.KeepPrivate(context.Response);
        if (ReadResponse() is not { } response)
        {
            await FailAsync(null, ConnectOutcome.Failed(ConnectFailureKind.InvalidCallback)).ConfigureAwait(false);
        }
        else if (response is { State: null, Error: not null })
        {
            // Airwallex does not say that it repeats the state of a declined request; without it, only a page can come
            // of it.
            await FailAsync(null, ConnectOutcome.From(response, StatusCodes.Status400BadRequest), response)
                .ConfigureAwait(false);
        }
        else if (ConnectState.Unprotect(response.State, flow.States) is not { } state)
        {
            logger.RefusedCallback("its state is missing or was not made by this application");
            await FailAsync(null, ConnectOutcome.Failed(ConnectFailureKind.InvalidCallback)).ConfigureAwait(false);
        }
        else if (!await TryRepeatAsync(state).ConfigureAwait(false))
        {
            await FinishAsync(response, state).ConfigureAwait(false);
        }
    }

    private AuthorizationResponse? ReadResponse()
    {
        try
        {
            var query = context.Request.QueryString.Value;
            var response = AuthorizationResponse.Parse(new Uri("/" + query, UriKind.Relative));
            if (response.Error is not null || !string.IsNullOrWhiteSpace(response.Code))
            {
                return response;
            }

            logger.RefusedCallback("its code is blank");
        }
        catch (FormatException exception)
        {
            logger.RefusedCallback(exception.Message);
        }

        return null;
    }

    /// <summary>A double click, a reload or Back: ends where the first callback of the flow ended.</summary>
    private async Task<bool> TryRepeatAsync(ConnectState state)
    {
        var sameBrowser = TryReadCookie(state, out var endedAt);
        if (endedAt is null && flow.Outcomes.Find(state.FlowId) is { } first && (sameBrowser || first.IsCompleted))
        {
            var outcome = await first.WaitAsync(context.RequestAborted).ConfigureAwait(false);
            if (sameBrowser)
            {
                await EndAsync(state, outcome).ConfigureAwait(false);
                return true;
            }

            // A browser without the cookie does not learn what the application chose for the one that has it.
            endedAt = outcome.ReturnUrl is null ? null : state.ReturnUrl;
        }

        if (endedAt is not null)
        {
            context.Response.Redirect(endedAt);
        }

        return endedAt is not null;
    }

    private async Task FinishAsync(AuthorizationResponse response, ConnectState state)
    {
        if (state.StartedAt + flow.Options.StateLifetime <= time.GetUtcNow())
        {
            await FailAsync(state, ConnectOutcome.Failed(ConnectFailureKind.Expired)).ConfigureAwait(false);
            return;
        }

        if (!TryReadCookie(state, out _))
        {
            await FailAsync(state, ConnectOutcome.Failed(ConnectFailureKind.MissingCookie)).ConfigureAwait(false);
            return;
        }

        if (response.Code is not { } code)
        {
            await FailAsync(state, ConnectOutcome.From(response, StatusCodes.Status502BadGateway), response)
                .ConfigureAwait(false);
            return;
        }

        var user = await ConnectUser.GetAsync(context).ConfigureAwait(false);
        var claim = ConnectUser.Identify(user);
        if (claim is not null && state.User is { } starter && starter.Value != claim.Value)
        {
            var anotherUser = ConnectOutcome.Failed(ConnectFailureKind.AnotherUser, StatusCodes.Status403Forbidden);
            await FailAsync(state, anotherUser).ConfigureAwait(false);
            return;
        }

        if (
            claim is null && await ConnectPage.TryWriteHopAsync(context, flow.Host(context.Request))
                .ConfigureAwait(false))
        {
            return;
        }

        user = claim is null && state.User is { } known ? ConnectUser.FromClaim(known) : user;
        await ConnectOnceAsync(code, state, user).ConfigureAwait(false);
    }

    private async Task ConnectOnceAsync(string code, ConnectState state, ClaimsPrincipal user)
    {
        if (flow.Outcomes.TryBegin(state.FlowId) is not { } mine)
        {
            // Another request was faster since we looked.
            var first = flow.Outcomes.Find(state.FlowId)!;
            var ended = await first.WaitAsync(context.RequestAborted).ConfigureAwait(false);
            await EndAsync(state, ended).ConfigureAwait(false);
            return;
        }

        var exchange = new ConnectExchange(context, flow, state, user);
        var outcome = await exchange.RunAsync(code).ConfigureAwait(false);
        try
        {
            if (exchange.Connection is { } connection && flow.Options.OnConnected is { } onConnected)
            {
                var connected = new ConnectedContext
                {
                    HttpContext = context,
                    Connection = connection,
                    User = user,
                    Properties = state.Properties,
                    ReturnUrl = state.ReturnUrl,
                };
                await onConnected(connected).ConfigureAwait(false);
                outcome = outcome with { ReturnUrl = connected.ReturnUrl };
                if (connected.IsHandled)
                {
                    return;
                }
            }
        }
        finally
        {
            mine.SetResult(outcome);
        }

        await EndAsync(state, outcome).ConfigureAwait(false);
    }

    private Task EndAsync(ConnectState state, ConnectOutcome outcome)
    {
        if (outcome.ReturnUrl is not { } returnUrl)
        {
            return FailAsync(state, outcome);
        }

        ConnectCookie.SetEnded(context, cookie, state, returnUrl, flow.ReturnUrls, time.GetUtcNow());
        context.Response.Redirect(returnUrl);
        return Task.CompletedTask;
    }

    private Task FailAsync(ConnectState? state, ConnectOutcome outcome, AuthorizationResponse? response = null) =>
        ConnectFailure.TellAsync(context, flow, logger, state, outcome, response);

    private bool TryReadCookie(ConnectState state, out string? endedAt) =>
        ConnectCookie.TryRead(context, cookie, state, flow.ReturnUrls, out endedAt);
}
