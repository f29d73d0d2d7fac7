using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>How a flow ended: with a connection and a way on, or with a failure.</summary>
internal sealed record ConnectOutcome
{
    /// <summary>Where the customer goes; null when there is no connection.</summary>
    public string? ReturnUrl { get; init; }

    public ConnectFailureKind Kind { get; init; }

    public int StatusCode { get; init; }

    public string? Refusal { get; init; }

    public Exception? Exception { get; init; }

    public static ConnectOutcome Failed(ConnectFailureKind kind, int status = StatusCodes.Status400BadRequest) =>
        new() { Kind = kind, StatusCode = status };

    /// <param name="response">One with an error.</param>
    /// <param name="status">The status when the customer did not decline.</param>
    public static ConnectOutcome From(AuthorizationResponse response, int status) => response.Error == "access_denied"
        ? Failed(ConnectFailureKind.Declined, StatusCodes.Status403Forbidden)
        : Failed(ConnectFailureKind.AuthorizationError, status);
}

/// <summary>
/// The flows of this process whose code was sent, so that a repeated callback ends where the first one does. A code is
/// good for one use (RFC 6749, section 4.1.2). Thread-safe.
/// </summary>
internal sealed class ConnectOutcomes
{
    private const int Capacity = 10_000;

    // Both guarded by _flows.
    private readonly Dictionary<string, TaskCompletionSource<ConnectOutcome>> _flows = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new();

    /// <summary>How the flow ends; null when its code was not sent by this process.</summary>
    public Task<ConnectOutcome>? Find(string flowId)
    {
        lock (_flows)
        {
            return _flows.GetValueOrDefault(flowId)?.Task;
        }
    }

    /// <summary>Gives the flow to the caller, who must complete it; null when another request has it.</summary>
    public TaskCompletionSource<ConnectOutcome>? TryBegin(string flowId)
    {
        var mine = new TaskCompletionSource<ConnectOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_flows)
        {
            if (!_flows.TryAdd(flowId, mine))
            {
                return null;
            }

            _oldestFirst.Enqueue(flowId);
            if (_oldestFirst.Count > Capacity)
            {
                _flows.Remove(_oldestFirst.Dequeue());
            }

            return mine;
        }
    }
}
