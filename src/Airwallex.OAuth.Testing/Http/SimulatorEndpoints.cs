using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// The HTTP side of the simulator: one <see cref="RequestDelegate"/> for Kestrel, for a host's own routing and for the
/// in-memory handler alike. Routes, applies faults and keeps the journal.
/// </summary>
internal sealed class SimulatorEndpoints(
    AuthorizationServer server, SimulatorFaults faults, TimeProvider time, AirwallexSimulatorOptions options)
{
    public const string AuthorizePath = "/oauth/authorize";
    public const string TokenPath = "/oauth/token";
    public const string ApiPath = "/api/v1";

    private readonly TokenEndpoint _token = new(server);
    private readonly ApiEndpoint _api = new(server);
    private readonly FaultInjector _injector = new(time);

    /// <summary>Requests that a delay holds, their timers running.</summary>
    public int Delayed => _injector.Delayed;

    public AuthorizeEndpoint AuthorizeEndpoint { get; } = new(server, options);

    public Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path;
        return path == TokenPath ? HandleTokenAsync(context)
            : path == AuthorizePath ? HandleAsync(context, FaultTarget.Authorize, AuthorizeEndpoint.HandleAsync)
            : path.StartsWithSegments(ApiPath) ? HandleAsync(context, FaultTarget.Api, _api.HandleAsync)
            : HandleAsync(context, target: null, static _ => Task.FromResult(
                SimulatedResponse.ApiError(404, "not_found", "The simulated Airwallex has no such page.")));
    }

    private async Task HandleAsync(
        HttpContext context, FaultTarget? target, Func<HttpContext, Task<SimulatedResponse>> endpoint)
    {
        var sequence = server.Journal.NextSequence();
        var receivedAt = server.Now;
        var fault = target is null ? null : faults.Take(target.Value);
        SimulatedResponse? decision = null;
        var response = await _injector.ApplyAsync(
            context, fault, async () => decision = await endpoint(context).ConfigureAwait(false)).ConfigureAwait(false);

        server.Journal.Add(new JournalEntry
        {
            Sequence = sequence,
            Time = receivedAt,
            Method = context.Request.Method,
            Path = context.Request.Path,
            AccountId = decision?.AccountId,
            StatusCode = response?.StatusCode,
            Error = decision?.Error,
            Fault = fault?.ToString(),
            SentToken = RequestJournal.Fingerprint(ApiEndpoint.BearerToken(context.Request)),
        });
        await ResponseWriter.WriteAsync(context, response).ConfigureAwait(false);
    }

    private async Task HandleTokenAsync(HttpContext context)
    {
        var (form, refusal) = await _token.ReadAsync(context).ConfigureAwait(false);
        if (refusal is not null)
        {
            await HandleAsync(context, target: null, _ => Task.FromResult(refusal)).ConfigureAwait(false);
            return;
        }

        var request = server.BeginTokenRequest(form);
        var fault = faults.Take(FaultTarget.Token, request.Family?.Account.Id);
        request.Fault = fault?.ToString();
        SimulatedResponse? response = null;
        try
        {
            await using var registration = WhenAbandoned(context, request, fault).ConfigureAwait(false);
            response = await _injector.ApplyAsync(context, fault, () =>
            {
                var result = server.ProcessTokenRequest(request);
                return Task.FromResult(new SimulatedResponse(result.StatusCode, result.Body) { Error = result.Error });
            }).ConfigureAwait(false);
        }
        finally
        {
            // Before the response is written: a client that has read it may send the next request at once.
            var changed = fault is { ChangesResponse: true };
            server.EndTokenRequest(
                request, responseArrived: response is not null, changed ? response?.StatusCode : null);
        }

        await ResponseWriter.WriteAsync(context, response).ConfigureAwait(false);
    }

    // Without a fault that says otherwise the server notices at once that the client is gone, and the request ends.
    private CancellationTokenRegistration WhenAbandoned(
        HttpContext context, PendingTokenRequest request, Fault? fault) =>
        fault is { FinishesWhenAbandoned: true }
            ? context.RequestAborted.Register(() =>
            {
                server.AbandonTokenRequest(request);
                context.Features.Get<IAbandonedRequestFeature>()?.Release();
            })
            : default;
}
