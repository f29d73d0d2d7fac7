using System.Net;

namespace Airwallex.OAuth;

/// <summary>One refresh under way. Its answer may come before its end: tokens that the store fails to take are served from memory.</summary>
internal sealed class RefreshFlight(RefreshNeed need, AccessToken observed, TaskCreationOptions continuations)
{
    private readonly TaskCompletionSource<RefreshResult> _answer = new(continuations);
    private volatile bool _isOver;

    public RefreshNeed Need { get; } = need;

    /// <summary>The access token that the account held when the flight began, or that the flight itself put there.</summary>
    public AccessToken Observed { get; set; } = observed;

    /// <summary>The connection as the flight read it first.</summary>
    public AirwallexConnection? First { get; set; }

    /// <summary>How many requests were repeated in this flight.</summary>
    public int Retries { get; set; }

    /// <summary>Whether the refresh token that is sent has been sent before, and the answer was lost.</summary>
    public bool RepeatsALostOne { get; set; }

    /// <summary>The error status that the last request sent was answered with; null when its answer was lost.</summary>
    public int? AnsweredStatus { get; private set; }

    public bool IsOver => _isOver;

    /// <summary>Why the tokens are not saved yet; null unless callers are served from memory.</summary>
    public Exception? SaveFailure { get; private set; }

    /// <summary>What everybody who needs this refresh waits for.</summary>
    public Task<RefreshResult> Answer => _answer.Task;

    /// <summary>Remembers how a request failed. One that sent nothing tells nothing about those before it.</summary>
    public void Note(TokenRequestException failure)
    {
        if (!failure.NothingSent)
        {
            AnsweredStatus = failure.StatusCode >= HttpStatusCode.BadRequest ? (int)failure.StatusCode : null;
            RepeatsALostOne |= AnsweredStatus is null;
        }
    }

    public void AnswerFromMemory(RefreshResult result, Exception saveFailure)
    {
        SaveFailure = saveFailure;
        _answer.TrySetResult(result);
    }

    public void FailFromMemory(AirwallexOAuthException failure, Exception saveFailure)
    {
        SaveFailure = saveFailure;
        Fail(failure);
    }

    public void End(RefreshResult result)
    {
        _isOver = true;
        _answer.TrySetResult(result);
    }

    public void End(Exception failure)
    {
        _isOver = true;
        Fail(failure);
    }

    public void EndAnyhow()
    {
        if (!_isOver)
        {
            End(new AirwallexOAuthException("The refresh ended without a result."));
        }
    }

    private void Fail(Exception failure)
    {
        _answer.TrySetException(failure);
        _ = _answer.Task.Exception; // Seen: a background refresh has no caller to observe it, and it was logged.
    }
}

/// <summary>How a refresh ended well: the connection as stored, and its access token.</summary>
internal sealed record RefreshResult(AirwallexConnection Connection, AccessToken Token);
