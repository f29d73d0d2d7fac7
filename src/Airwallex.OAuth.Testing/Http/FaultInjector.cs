using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>Lets time pass, breaks the connection or changes the response, as the fault of a request says.</summary>
internal sealed class FaultInjector(TimeProvider time)
{
    private int _delayed;

    /// <summary>Requests that a delay holds, their timers running.</summary>
    public int Delayed => Volatile.Read(ref _delayed);

    /// <summary>
    /// The endpoint's response with the fault applied; null when the connection is to break or the client is gone.
    /// </summary>
    public async Task<SimulatedResponse?> ApplyAsync(
        HttpContext context, Fault? fault, Func<Task<SimulatedResponse>> endpoint)
    {
        if (fault is null)
        {
            return await endpoint().ConfigureAwait(false);
        }

        var clientGone = fault.FinishesWhenAbandoned ? CancellationToken.None : context.RequestAborted;
        try
        {
            await DelayAsync(fault.DelayBefore, clientGone).ConfigureAwait(false);
            if (fault.DropBefore)
            {
                return null;
            }

            var response = fault.StatusCode is null || fault.Processed
                ? await endpoint().ConfigureAwait(false)
                : Error(0);
            await DelayAsync(fault.DelayAfter, clientGone).ConfigureAwait(false);
            return fault.DropAfter || context.RequestAborted.IsCancellationRequested ? null : Change(response, fault);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken clientGone)
    {
        if (delay == TimeSpan.Zero)
        {
            return;
        }

        var waiting = Task.Delay(delay, time, clientGone);
        Interlocked.Increment(ref _delayed);
        try
        {
            await waiting.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _delayed);
        }
    }

    private SimulatedResponse Change(SimulatedResponse response, Fault fault)
    {
        response = fault.StatusCode is { } statusCode ? Error(statusCode) : response;
        response = fault.BodyText is { } body ? response with { Body = body } : response;
        return response with
        {
            Body = ChangeFields(response.Body, fault.FieldChanges),
            ContentType = fault.BodyContentType ?? response.ContentType,
            HasByteOrderMark = fault.HasByteOrderMark,
            ContentEncoding = fault.ContentEncoding,
            BodyEndsEarly = fault.BodyEndsEarly,
            RetryAfter = RetryAfter(fault),
        };
    }

    private static string ChangeFields(string body, IReadOnlyList<Fault.FieldChange> changes)
    {
        try
        {
            if (changes.Count > 0 && JsonNode.Parse(body) is JsonObject fields)
            {
                foreach (var change in changes)
                {
                    change.Apply(fields);
                }

                return fields.ToJsonString();
            }
        }
        catch (JsonException)
        {
            // The body of another fault, which has no fields.
        }

        return body;
    }

    private string? RetryAfter(Fault fault) =>
        fault.RetryAfterDelay is not { } delay ? null
        : fault.RetryAfterIsDate ? (time.GetUtcNow() + delay).ToString("R", CultureInfo.InvariantCulture)
        : delay.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    private static SimulatedResponse Error(int statusCode) =>
        SimulatedResponse.ApiError(statusCode, "simulated_fault", "A fault that the simulator was asked for.");
}
