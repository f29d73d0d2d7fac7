using System.Net;
using System.Text;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// One token request on its way: it arrives, is carried out, its response comes back; each of them, or not.
/// </summary>
internal sealed class Exchange(
    World world, Instance instance, List<KeyValuePair<string, string>> form, TimeSpan calledAt)
{
    private readonly TaskCompletionSource<HttpResponseMessage> _response = new();
    private PendingTokenRequest? _pending;
    private bool _isOverForServer;

    public Task<HttpResponseMessage> Response => _response.Task;

    public Instance Instance => instance;

    public string? RefreshToken { get; } = form.FirstOrDefault(pair => pair.Key == "refresh_token").Value;

    public string ClientId { get; } = form.First(pair => pair.Key == "client_id").Value;

    /// <summary>When its client began to wait: before it connected.</summary>
    public TimeSpan CalledAt => calledAt;

    public TimeSpan StartedAt { get; } = world.Scheduler.Now;

    /// <summary>When it was over for the client.</summary>
    public TimeSpan? EndedAt { get; private set; }

    public SendFate Fate { get; private set; }

    /// <summary>The status that its sender read.</summary>
    public int? Status { get; private set; }

    /// <summary>Whether its response was lost on the way, so that waiting for it was in vain.</summary>
    public bool WouldBeLost { get; private set; }

    /// <summary>How long ago the token was first sent, as its sender counted.</summary>
    public TimeSpan Age { get; set; }

    /// <summary>The observed last send after the grace period.</summary>
    public bool IsLastSend { get; set; }

    /// <summary>Whether a premise of invariant 1 did not hold: the store responds to every instance.</summary>
    public bool IsExcused { get; set; }

    private Scheduler Scheduler => world.Scheduler;

    public void Start(TimeSpan there)
    {
        instance.Exchanges.Add(this);
        if (RefreshToken is not null)
        {
            world.Invariants.OnSent(this);
        }

        var faults = world.FaultsAreOn ? world.Faults : null;
        if (Scheduler.Chance(faults?.LostBeforeArrival ?? 0))
        {
            WouldBeLost = true;
            BreakAfter(there);
            return;
        }

        Scheduler.After(there, () =>
        {
            if (!_isOverForServer && _pending is null)
            {
                Arrive();
            }
        });
    }

    /// <summary>The client gives up.</summary>
    public void OnCut()
    {
        var wasWaiting = EndedAt is null;
        OnClientGone(isCrash: false);
        if (wasWaiting && RefreshToken is not null)
        {
            world.Invariants.OnCut(this);
        }

        _response.TrySetCanceled();
    }

    /// <summary>The client gave up, or died. Whether the server had seen enough to act on is open.</summary>
    public void OnClientGone(bool isCrash)
    {
        EndForClient(isCrash ? SendFate.Crashed : SendFate.Cut);
        if (_isOverForServer)
        {
            return;
        }

        if (_pending is null && Scheduler.Chance(0.5))
        {
            Arrive();
        }

        if (_pending is not null && world.ServerFinishesAbandoned && Scheduler.Chance(0.7))
        {
            world.Server.AbandonTokenRequest(_pending);
            return;
        }

        if (_pending is { Result: null } && Scheduler.Chance(0.5))
        {
            Process();
        }

        EndForServer(responseArrived: false);
    }

    private void Arrive()
    {
        _pending = world.Server.BeginTokenRequest(form);
        world.Invariants.OnRules(this);
        var (rotateAfter, respondAfter) = world.DrawResponseTime();
        if (rotateAfter > TimeSpan.Zero)
        {
            Scheduler.After(rotateAfter, () => Carry(respondAfter));
        }
        else
        {
            Carry(respondAfter);
        }
    }

    private void Carry(TimeSpan respondAfter)
    {
        if (_isOverForServer)
        {
            return;
        }

        var faults = world.FaultsAreOn ? world.Faults : null;
        if (world.EndpointIsDown || Scheduler.Chance(faults?.ServerError ?? 0))
        {
            Respond(respondAfter, 503, "<html>busy</html>", null);
        }
        else if (Scheduler.Chance(faults?.TooManyRequests ?? 0))
        {
            Respond(respondAfter, 429, """{"error":"too_many_requests"}""", null);
        }
        else
        {
            RespondTo(Process(), respondAfter, faults);
        }
    }

    private void RespondTo(TokenResult result, TimeSpan respondAfter, Faults? faults)
    {
        if (world.ResponsesAreLost || Scheduler.Chance(faults?.LostAfterRotation ?? 0))
        {
            WouldBeLost = true;
            Scheduler.After(respondAfter, () =>
            {
                EndForServer(responseArrived: false);
                BreakAfter(TimeSpan.Zero);
            });
        }
        else if (Scheduler.Chance(faults?.ServerErrorAfterRotation ?? 0))
        {
            Respond(respondAfter, 500, "{}", null);
        }
        else if (Scheduler.Chance(faults?.Unusable ?? 0))
        {
            var body = OddBodies.Unusable(Scheduler, result, isRefresh: RefreshToken is not null);
            Respond(respondAfter, 200, body, null);
        }
        else
        {
            var isOdd = result.RefreshToken is not null && RefreshToken is not null
                && Scheduler.Chance(faults?.Odd ?? 0);
            Respond(respondAfter, result.StatusCode, isOdd ? OddBodies.Odd(Scheduler, result) : result.Body, result);
        }
    }

    private TokenResult Process()
    {
        var result = world.Server.ProcessTokenRequest(_pending!);
        world.Ledger.OnProcessed(this, result);
        world.Invariants.OnRules(this);
        return result;
    }

    private void Respond(TimeSpan after, int status, string body, TokenResult? result)
    {
        Scheduler.After(after, () =>
        {
            EndForServer(responseArrived: EndedAt is null, result is null ? status : null);
            instance.After(TimeSpan.FromMilliseconds(5), Deliver);
        });

        void Deliver()
        {
            if (EndedAt is not null)
            {
                return;
            }

            Status = status;
            EndForClient(SendFate.Responded);
            world.Trace(
                $"{instance} gets {status} {result?.Error} " +
                $"{(result?.RefreshToken is { } token ? World.Short(token) : "")}");
            if (result is not null)
            {
                world.Ledger.OnDelivered(this, result);
            }

            var response =
                new HttpResponseMessage(
                    (HttpStatusCode)status)
                { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (status is 429 or >= 500 && world.FaultsAreOn && Scheduler.Chance(world.Faults.RetryAfter))
            {
                response.Headers.TryAddWithoutValidation(
                    "Retry-After", $"{Scheduler.Random.Next(1, Scheduler.OneOf(5, 30, 240))}");
            }

            _response.TrySetResult(response);
        }
    }

    // Half of the time the connection breaks; else nothing is heard any more, until the client gives up.
    private void BreakAfter(TimeSpan delay)
    {
        if (Scheduler.Chance(0.5))
        {
            instance.After(delay, () =>
            {
                if (EndedAt is null)
                {
                    EndForServer(responseArrived: false);
                    EndForClient(SendFate.Lost);
                    _response.TrySetException(
                        new HttpRequestException(HttpRequestError.ResponseEnded, "The connection broke."));
                }
            });
        }
    }

    private void EndForClient(SendFate fate)
    {
        if (EndedAt is null)
        {
            (EndedAt, Fate) = (Scheduler.Now, fate);
            instance.Exchanges.Remove(this);
        }
    }

    private void EndForServer(bool responseArrived, int? status = null)
    {
        _isOverForServer = true;
        if (_pending is not null)
        {
            world.Server.EndTokenRequest(_pending, responseArrived, status);
        }
    }
}

/// <summary>How a send ended for its sender.</summary>
internal enum SendFate
{
    InFlight,
    Responded,
    Lost,
    Cut,
    Crashed,
}
