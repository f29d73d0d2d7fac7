using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// The HTTP side of the simulator: one <see cref="RequestDelegate"/> for Kestrel, for a host's own routing and for the
/// in-memory handler alike. Routes, applies faults, writes answers and keeps the journal.
/// </summary>
internal sealed class SimulatorEndpoints(
    AuthorizationServer server, SimulatorFaults faults, TimeProvider time, AirwallexSimulatorOptions options)
{
    public const string AuthorizePath = "/oauth/authorize";
    public const string TokenPath = "/oauth/token";
    public const string ApiPath = "/api/v1";

    private readonly TokenEndpoint _token = new(server);
    private readonly ApiEndpoint _api = new(server);

    private int _heldBack;

    /// <summary>Requests that a delay holds back, their timers running.</summary>
    public int HeldBack => Volatile.Read(ref _heldBack);

    public AuthorizeEndpoint AuthorizeEndpoint { get; } = new(server, options);

    public Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path;
        return path == TokenPath ? HandleTokenAsync(context)
            : path == AuthorizePath ? HandleAsync(context, FaultTarget.Authorize, AuthorizeEndpoint.AnswerAsync)
            : path.StartsWithSegments(ApiPath) ? HandleAsync(context, FaultTarget.Api, _api.AnswerAsync)
            : HandleAsync(context, target: null, static _ => Task.FromResult(
                HttpAnswer.ApiError(404, "not_found", "The simulated Airwallex has no such page.")));
    }

    private async Task HandleAsync(HttpContext context, FaultTarget? target, Func<HttpContext, Task<HttpAnswer>> endpoint)
    {
        var sequence = server.Journal.NextSequence();
        var receivedAt = server.Now;
        var fault = target is null ? null : faults.Take(target.Value);
        HttpAnswer? decision = null;
        var answer = await UnderFaultAsync(context, fault, async () => decision = await endpoint(context).ConfigureAwait(false))
            .ConfigureAwait(false);

        server.Journal.Add(new JournalEntry
        {
            Sequence = sequence,
            Time = receivedAt,
            Method = context.Request.Method,
            Path = context.Request.Path,
            AccountId = decision?.AccountId,
            StatusCode = answer?.StatusCode,
            Error = decision?.Error,
            Fault = fault?.ToString(),
            SentToken = RequestJournal.Fingerprint(ApiEndpoint.BearerToken(context.Request)),
        });
        await SendAsync(context, answer).ConfigureAwait(false);
    }

    private async Task HandleTokenAsync(HttpContext context)
    {
        var fault = faults.Take(FaultTarget.Token);
        var (form, refusal) = await _token.ReadAsync(context).ConfigureAwait(false);
        if (refusal is not null)
        {
            await HandleAsync(context, target: null, _ => Task.FromResult(refusal)).ConfigureAwait(false);
            return;
        }

        var request = server.BeginTokenRequest(form);
        request.Fault = fault?.ToString();
        HttpAnswer? answer = null;
        try
        {
            answer = await UnderFaultAsync(context, fault, () =>
            {
                var decision = server.ProcessTokenRequest(request);
                return Task.FromResult(new HttpAnswer(decision.StatusCode, decision.Body) { Error = decision.Error });
            }).ConfigureAwait(false);
        }
        finally
        {
            // Before the answer is written: a client that has read it may send the next request at once.
            var faked = fault is { StatusCode: not null } or { BodyText: not null };
            server.EndTokenRequest(request, answerArrived: answer is not null, faked ? answer?.StatusCode : null);
        }
        await SendAsync(context, answer).ConfigureAwait(false);
    }

    /// <summary>The endpoint's answer with the fault applied; null when the connection is to break or the client is gone.</summary>
    private async Task<HttpAnswer?> UnderFaultAsync(HttpContext context, Fault? fault, Func<Task<HttpAnswer>> endpoint)
    {
        try
        {
            if (fault is null) return await endpoint().ConfigureAwait(false);

            await HoldBackAsync(fault.DelayBefore, context.RequestAborted).ConfigureAwait(false);
            if (fault.DropBefore) return null;

            var carriedOut = fault.StatusCode is null || fault.Processed;
            var answer = carriedOut
                ? await endpoint().ConfigureAwait(false)
                : HttpAnswer.ApiError(0, "simulated_fault", "A fault that the simulator was asked for.");
            await HoldBackAsync(fault.DelayAfter, context.RequestAborted).ConfigureAwait(false);
            return fault.DropAfter ? null : Disguise(answer, fault);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task HoldBackAsync(TimeSpan delay, CancellationToken clientGone)
    {
        if (delay == TimeSpan.Zero) return;

        var pause = Task.Delay(delay, time, clientGone);
        Interlocked.Increment(ref _heldBack);
        try
        {
            await pause.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _heldBack);
        }
    }

    private static HttpAnswer Disguise(HttpAnswer answer, Fault fault)
    {
        if (fault.StatusCode is { } status)
        {
            answer = HttpAnswer.ApiError(status, "simulated_fault", "A fault that the simulator was asked for.");
        }
        if (fault.BodyText is { } body)
        {
            answer = answer with { Body = body, ContentType = fault.ContentType ?? "application/json" };
        }
        return answer with { RetryAfter = fault.RetryAfterDelay };
    }

    private static async Task SendAsync(HttpContext context, HttpAnswer? answer)
    {
        if (answer is null)
        {
            context.Abort();
            return;
        }
        var response = context.Response;
        response.StatusCode = answer.StatusCode;
        response.Headers.CacheControl = "no-store";
        if (answer.Location is not null) response.Headers.Location = answer.Location;
        if (answer.Allow is not null) response.Headers.Allow = answer.Allow;
        if (answer.RetryAfter is { } delay)
        {
            response.Headers.RetryAfter = Math.Ceiling(delay.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
        if (answer.Body.Length > 0)
        {
            var bytes = Encoding.UTF8.GetBytes(answer.Body);
            response.ContentType = answer.ContentType;
            response.ContentLength = bytes.Length;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
            }
        }
    }
}
