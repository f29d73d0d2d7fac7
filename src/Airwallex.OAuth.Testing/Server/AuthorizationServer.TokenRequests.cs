using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// The token endpoint. A request has a beginning, a moment at which the server carries it out, and an end, so that a
/// caller can let time pass, break connections and send others in between:
/// <see cref="BeginTokenRequest"/>, <see cref="ProcessTokenRequest"/>, <see cref="EndTokenRequest"/>.
/// </summary>
internal sealed partial class AuthorizationServer
{
    private const string InvalidGrant = "invalid_grant";
    private static readonly string[] s_exchangeParameters =
        ["client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"];
    private static readonly string[] s_refreshParameters = ["client_id", "client_secret", "grant_type", "refresh_token"];

    private enum RefreshVerdict { Current, InsideGrace, OutsideGrace, Expired, Revoked, RoleRemoved }

    /// <summary>
    /// The request has arrived and is in flight from now on. A second refresh of the same family is told apart here, and
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
                EnterFlight(request, sent);
            }
            return request;
        }
    }

    /// <summary>
    /// Carries the request out by the rules as they stand now: issues, rotates, revokes. The request stays in flight
    /// until <see cref="EndTokenRequest"/>. A second call gives the same answer and changes nothing.
    /// </summary>
    public TokenAnswer ProcessTokenRequest(PendingTokenRequest request)
    {
        lock (_gate)
        {
            return request.Answer ??= Decide(request);
        }
    }

    /// <summary>The request is over: no longer in flight, and in the journal.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answerArrived">Whether the client got an answer.</param>
    /// <param name="statusCode">The status it got when that is not the server's own decision (a fault).</param>
    public void EndTokenRequest(PendingTokenRequest request, bool answerArrived, int? statusCode = null)
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
            if (answerArrived && statusCode is null && request is { Answer.Error: InvalidGrant, SentRefreshToken: { } sent })
            {
                _refusedRefreshTokens.Add(sent);
            }
            Journal.Add(new JournalEntry
            {
                Sequence = request.Sequence,
                Time = request.ReceivedAt,
                Method = "POST",
                Path = "/oauth/token",
                GrantType = request.GrantType,
                AccountId = request.Answer?.AccountId ?? request.Family?.Account.Id,
                StatusCode = answerArrived ? statusCode ?? request.Answer?.StatusCode : null,
                Error = request.Answer?.Error,
                Issued = request.Answer?.RefreshToken is not null,
                GraceReplay = request.Answer is { GraceReplay: true },
                Fault = request.Fault,
                SentToken = RequestJournal.Fingerprint(request.SentRefreshToken ?? request.Form.GetValueOrDefault("code")),
                IssuedRefreshToken = RequestJournal.Fingerprint(request.Answer?.RefreshToken),
            });
        }
    }

    /// <summary>Process and end in one go: the answer arrives.</summary>
    public TokenAnswer CompleteTokenRequest(PendingTokenRequest request)
    {
        var answer = ProcessTokenRequest(request);
        EndTokenRequest(request, answerArrived: true);
        return answer;
    }

    /// <summary>The client is gone before the server looked at the request: nothing happens.</summary>
    public void AbandonTokenRequest(PendingTokenRequest request) => EndTokenRequest(request, answerArrived: false);

    private void EnterFlight(PendingTokenRequest request, string sent)
    {
        var family = _refreshTokens.GetValueOrDefault(sent)?.Family;
        request.Family = family;
        if (_refusedRefreshTokens.Contains(sent))
        {
            Break(RuleName.RefreshAfterPermanentRefusal, family?.Account.Id,
                $"Refresh token {RequestJournal.Fingerprint(sent)} was sent again after invalid_grant had been answered for it.");
        }
        if (family is { InFlight: { } other })
        {
            request.Concurrent = true;
            Break(RuleName.ConcurrentRefresh, family.Account.Id,
                $"Request #{request.Sequence} arrived while refresh #{other.Sequence} of the same token family was in flight.");
        }
        else if (family is not null)
        {
            family.InFlight = request;
        }
    }

    private TokenAnswer Decide(PendingTokenRequest request)
    {
        if (request.Concurrent)
        {
            return Refuse(429, "too_many_requests", "Concurrent token refresh is not allowed.", request.Family?.Account.Id);
        }
        if (request.Duplicate is { } duplicate)
        {
            return RefuseMalformed($"The parameter {duplicate} was given more than once.");
        }
        if (request.GrantType is not ("authorization_code" or "refresh_token"))
        {
            return request.GrantType is null
                ? RefuseMalformed("The parameter grant_type is missing.")
                : Refuse(400, "unsupported_grant_type", "The grant type is neither authorization_code nor refresh_token.");
        }
        var refresh = request.GrantType == "refresh_token";
        if (Missing(request, refresh) is { } missing)
        {
            return RefuseMalformed($"The parameter {missing} is missing.");
        }
        ReportUnexpected(request, refresh);
        if (request.Form["client_id"] != _options.ClientId || request.Form["client_secret"] != _clientSecret)
        {
            return Refuse(401, "invalid_client", "Client authentication failed.");
        }
        return refresh ? Refresh(request.SentRefreshToken!) : Exchange(request.Form);
    }

    private TokenAnswer Exchange(Dictionary<string, string> form)
    {
        if (!_codes.TryGetValue(form["code"], out var code))
        {
            return Refuse(400, InvalidGrant, "invalid or expired authorization code");
        }
        var accountId = code.Account.Id;
        if (code.Used)
        {
            Break(RuleName.CodeReused, accountId, "An authorization code was exchanged a second time.");
            return Refuse(400, InvalidGrant, "The authorization code has been used already.", accountId);
        }
        if (Now >= code.ExpiresAt)
        {
            return Refuse(400, InvalidGrant, "invalid or expired authorization code", accountId);
        }
        if (form["redirect_uri"] != code.RedirectUri)
        {
            return Refuse(400, InvalidGrant, "OAuth 2.0 Parameter: redirect_uri. It is not the one the code was issued for.", accountId);
        }
        if (!VerifierMatches(code.CodeChallenge, form.GetValueOrDefault("code_verifier")))
        {
            return Refuse(400, InvalidGrant, "OAuth 2.0 Parameter: code_verifier", accountId);
        }
        code.Used = true;
        var family = new TokenFamily(code.Account, code.Scope);
        code.Account.Families.Add(family);
        return Answer(IssueRefreshToken(family, parent: null), graceReplay: false);
    }

    private TokenAnswer Refresh(string sent)
    {
        if (!_refreshTokens.TryGetValue(sent, out var token))
        {
            return Refuse(400, InvalidGrant, "invalid or expired refresh token");
        }
        var accountId = token.Family.Account.Id;
        switch (Judge(token, Now))
        {
            case RefreshVerdict.Current:
                return Answer(Rotate(token), graceReplay: false);
            case RefreshVerdict.InsideGrace:
                return ReplayInsideGrace(token);
            case RefreshVerdict.OutsideGrace:
                RevokeForReuse(token);
                return Refuse(400, InvalidGrant, "OAuth 2.0 Parameter: refresh_token", accountId);
            default:
                return Refuse(400, InvalidGrant, "invalid or expired refresh token", accountId);
        }
    }

    /// <summary>The one place that says whether a refresh token is good.</summary>
    private RefreshVerdict Judge(RefreshToken token, DateTimeOffset now)
    {
        if (now >= token.ExpiresAt) return RefreshVerdict.Expired;
        var superseded = token.SupersededAt is not null;
        if (superseded && now >= token.SupersededAt + _options.GracePeriod) return RefreshVerdict.OutsideGrace;
        if (token.Family.Revoked) return RefreshVerdict.Revoked;
        if (token.Family.RoleRemoved) return RefreshVerdict.RoleRemoved;
        return superseded ? RefreshVerdict.InsideGrace : RefreshVerdict.Current;
    }

    private TokenAnswer ReplayInsideGrace(RefreshToken token)
    {
        if (token.SuccessorUsed)
        {
            Break(RuleName.StaleTokenReplayed, token.Family.Account.Id,
                $"Refresh token {RequestJournal.Fingerprint(token.Value)} was sent although its successor had already been used.");
        }
        if (_options.GraceReplay == GraceReplay.SamePair && token.Successor is { } successor)
        {
            if (Now >= successor.AccessToken.ExpiresAt - TimeSpan.FromSeconds(1))
            {
                successor.AccessToken = IssueAccessToken(token.Family);
            }
            return Answer(successor, graceReplay: true);
        }
        return Answer(Rotate(token), graceReplay: true);
    }

    private RefreshToken Rotate(RefreshToken token)
    {
        var next = IssueRefreshToken(token.Family, token);
        token.SupersededAt ??= Now;
        token.Successor = next;
        if (token.Parent is { } parent)
        {
            parent.SuccessorUsed = true;
        }
        return next;
    }

    private void RevokeForReuse(RefreshToken token)
    {
        var family = token.Family;
        var late = Now - token.SupersededAt!.Value;
        Break(RuleName.ReuseOutsideGrace, family.Account.Id,
            $"Refresh token {RequestJournal.Fingerprint(token.Value)} was used {late:c} after it had been superseded.");
        if (!family.Revoked)
        {
            family.Revoked = true;
            Break(RuleName.FamilyRevoked, family.Account.Id, "The whole token family was revoked because of that reuse.");
        }
    }

    private RefreshToken IssueRefreshToken(TokenFamily family, RefreshToken? parent)
    {
        // Whatever was current until now is superseded, also when an older token is replayed: one token lives on.
        if (family.Current is { } current)
        {
            current.SupersededAt ??= Now;
        }
        var token = new RefreshToken(_mint.OpaqueToken(), family, parent, Now + _options.RefreshTokenLifetime)
        {
            AccessToken = IssueAccessToken(family),
        };
        _refreshTokens.Add(token.Value, token);
        family.Current = token;
        return token;
    }

    private AccessToken IssueAccessToken(TokenFamily family)
    {
        var now = Now;
        if (_accessTokens.Count >= _accessTokenLimit)
        {
            foreach (var (value, old) in _accessTokens)
            {
                if (now >= old.ExpiresAt) _accessTokens.Remove(value);
            }
            _accessTokenLimit = Math.Max(1024, 2 * _accessTokens.Count);
        }
        var expiresAt = now + _options.AccessTokenLifetime;
        var text = _options.OpaqueAccessTokens ? _mint.OpaqueToken() : _mint.Jwt(family.Account.Id, now, expiresAt);
        var token = new AccessToken(text, family, expiresAt);
        _accessTokens.Add(text, token);
        return token;
    }

    private static string? Missing(PendingTokenRequest request, bool refresh)
    {
        foreach (var name in refresh ? s_refreshParameters : s_exchangeParameters)
        {
            if (name != "code_verifier" && string.IsNullOrEmpty(request.Form.GetValueOrDefault(name)))
            {
                return name;
            }
        }
        return null;
    }

    /// <summary>RFC 6749, section 3.2: the server ignores what it does not know. The client is told all the same.</summary>
    private void ReportUnexpected(PendingTokenRequest request, bool refresh)
    {
        foreach (var name in request.Form.Keys)
        {
            if (!(refresh ? s_refreshParameters : s_exchangeParameters).Contains(name))
            {
                Break(RuleName.MalformedRequest, request.Family?.Account.Id,
                    $"Unexpected parameter {name} in a {request.GrantType} request.");
            }
        }
    }

    /// <summary>RFC 7636, section 4.6; a verifier without a challenge is refused too (RFC 9700, section 4.8.2).</summary>
    private static bool VerifierMatches(string? challenge, string? verifier) => challenge is null
        ? verifier is null
        : verifier is not null && TokenMint.Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == challenge;
}
