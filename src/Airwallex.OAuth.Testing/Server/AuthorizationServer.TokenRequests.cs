namespace Airwallex.OAuth.Testing;

/// <content> The token endpoint. A request has a beginning, a moment at which the server carries it out, and an end, so
/// that a caller can let time pass, break connections and send others in between: <see cref="BeginTokenRequest"/>,
/// <see cref="ProcessTokenRequest"/>, <see cref="AbandonTokenRequest"/>, <see cref="EndTokenRequest"/>. </content>
internal sealed partial class AuthorizationServer
{
    /// <summary>
    /// The request has arrived and is in flight from now on. A second refresh of the same family is noticed here, and
    /// refused with 429 when it is processed.
    /// </summary>
    public PendingTokenRequest BeginTokenRequest(IEnumerable<KeyValuePair<string, string>> form)
    {
        lock (_gate)
        {
            var values = new Dictionary<string, string>(8, StringComparer.Ordinal);
            string? duplicate = null;
            foreach (var (name, value) in form)
            {
                if (!values.TryAdd(name, value))
                {
                    duplicate = name;
                }
            }

            var request = new PendingTokenRequest
            {
                Sequence = Journal.NextSequence(),
                ReceivedAt = Now,
                Form = values,
                Duplicate = duplicate,
            };
            if (request is { GrantType: "refresh_token", SentRefreshToken: { } sent })
            {
                BeginRefresh(request, sent);
            }

            return request;
        }
    }

    /// <summary>
    /// Carries the request out by the rules as they are now: issues, rotates, revokes. The request stays in flight
    /// until <see cref="EndTokenRequest"/>. A second call gives the same result and changes nothing.
    /// </summary>
    public TokenResult ProcessTokenRequest(PendingTokenRequest request)
    {
        lock (_gate)
        {
            return request.Result ??= Decide(request);
        }
    }

    /// <summary>
    /// The client waits no longer, and the server goes on: the request stays in flight until it ends, and others of its
    /// family get 429. That is not a violation any more, because the client cannot know of it.
    /// </summary>
    public void AbandonTokenRequest(PendingTokenRequest request)
    {
        lock (_gate)
        {
            request.Abandoned = true;
        }
    }

    /// <summary>The request is over: no longer in flight, and in the journal. A second call changes nothing.</summary>
    /// <param name="request">The request.</param>
    /// <param name="responseArrived">Whether the client got a response.</param>
    /// <param name="statusCode">The status it got when that is not the server's own decision (a fault).</param>
    public void EndTokenRequest(PendingTokenRequest request, bool responseArrived, int? statusCode = null)
    {
        lock (_gate)
        {
            if (request.Ended)
            {
                return;
            }

            request.Ended = true;
            if (request.Family?.InFlight == request)
            {
                request.Family.InFlight = null;
            }

            // Only a refusal that the client has read obliges it.
            if (responseArrived && statusCode is null && request.Result is { IsPermanentRefusal: true }
                && request.SentRefreshToken is { } sent)
            {
                _refusedRefreshTokens.Add(sent);
            }

            Journal.Add(ToJournalEntry(request, responseArrived ? statusCode ?? request.Result?.StatusCode : null));
        }
    }

    /// <summary>Processes and ends the request in one go: the response arrives.</summary>
    public TokenResult CompleteTokenRequest(PendingTokenRequest request)
    {
        var result = ProcessTokenRequest(request);
        EndTokenRequest(request, responseArrived: true);
        return result;
    }

    private void BeginRefresh(PendingTokenRequest request, string sent)
    {
        // What another client sends is neither in flight for the family, nor does a refusal of it say anything.
        var family = _refreshTokens.GetValueOrDefault(sent)?.Family;
        if (family is not null && family.Client.ClientId != request.ClientId)
        {
            return;
        }

        request.Family = family;
        var accountId = family?.Account.Id;
        if (_refusedRefreshTokens.Contains(sent))
        {
            Violate(RuleName.RefreshAfterPermanentRefusal, accountId,
                $"Refresh token {RequestJournal.Fingerprint(sent)} was sent again after invalid_grant.");
        }

        if (family is null)
        {
            return;
        }

        if (family.InFlight is not { } other)
        {
            family.InFlight = request;
            return;
        }

        request.Concurrent = true;
        if (!other.Abandoned)
        {
            Violate(RuleName.ConcurrentRefresh, accountId,
                $"Request #{request.Sequence} arrived while refresh #{other.Sequence} of the same family " +
                "was in flight.");
        }
    }

    private static JournalEntry ToJournalEntry(PendingTokenRequest request, int? statusCode) => new()
    {
        Sequence = request.Sequence,
        Time = request.ReceivedAt,
        Method = "POST",
        Path = "/oauth/token",
        GrantType = request.GrantType,
        ClientId = request.ClientId,
        AccountId = request.Result?.AccountId ?? request.Family?.Account.Id,
        StatusCode = statusCode,
        Error = request.Result?.Error,
        Issued = request.Result?.RefreshToken is not null,
        GraceReplay = request.Result is { GraceReplay: true },
        Fault = request.Fault,
        SentToken = RequestJournal.Fingerprint(request.SentRefreshToken ?? request.Form.GetValueOrDefault("code")),
        IssuedRefreshToken = RequestJournal.Fingerprint(request.Result?.RefreshToken),
    };
}
