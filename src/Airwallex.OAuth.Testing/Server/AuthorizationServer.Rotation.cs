namespace Airwallex.OAuth.Testing;

/// <content>Rotation, grace period and revocation of a token family.</content>
internal sealed partial class AuthorizationServer
{
    private enum RefreshVerdict { Current, InsideGrace, OutsideGrace, Expired, Revoked, RoleRemoved }

    private TokenResult Refresh(string sent, SimulatedClient client)
    {
        const string Invalid = "invalid or expired refresh token";
        if (!_refreshTokens.TryGetValue(sent, out var token))
        {
            return Refuse(400, InvalidGrant, Invalid) with { IsPermanentRefusal = true };
        }

        var accountId = token.Family.Account.Id;
        if (token.Family.Client != client)
        {
            // RFC 6749, section 5.2. It says nothing about the token family, which stays as it is.
            ViolateClient("A refresh token", token.Family.Client, client, accountId);
            return Refuse(400, InvalidGrant, Invalid, accountId);
        }

        switch (Judge(token))
        {
            case RefreshVerdict.Current:
                OnUsed(token.Family);
                return Success(Rotate(token, _options.GracePeriod), graceReplay: false);
            case RefreshVerdict.InsideGrace:
                OnUsed(token.Family);
                return ReplayInsideGrace(token);
            case RefreshVerdict.OutsideGrace:
                RevokeForReuse(token);
                return Refuse(400, InvalidGrant, "OAuth 2.0 Parameter: refresh_token", accountId) with
                {
                    IsPermanentRefusal = true,
                };
            default:
                return Refuse(400, InvalidGrant, Invalid, accountId) with { IsPermanentRefusal = true };
        }
    }

    /// <summary>The one place that says whether a refresh token is good.</summary>
    private RefreshVerdict Judge(RefreshToken token)
    {
        var now = Now;
        return now >= token.ExpiresAt ? RefreshVerdict.Expired
            : now >= token.GraceEndsAt ? RefreshVerdict.OutsideGrace
            : token.Family.Revoked ? RefreshVerdict.Revoked
            : token.Family.RoleRemoved ? RefreshVerdict.RoleRemoved
            : token.GraceEndsAt is null ? RefreshVerdict.Current
            : RefreshVerdict.InsideGrace;
    }

    private TokenResult ReplayInsideGrace(RefreshToken token)
    {
        if (token.SuccessorUsed)
        {
            var sent = RequestJournal.Fingerprint(token.Value);
            Violate(RuleName.StaleTokenReplayed, token.Family.Account.Id,
                $"Refresh token {sent} was sent although its successor had already been used.");
        }

        if (_options.GraceReplay == GraceReplay.SamePair && token.Successor is { } successor)
        {
            if (Now >= successor.AccessToken.ExpiresAt - TimeSpan.FromSeconds(1))
            {
                successor.AccessToken = IssueAccessToken(token.Family);
            }

            return Success(successor, graceReplay: true);
        }

        var grace = _options.GraceReplay == GraceReplay.NewPairWithoutGrace ? TimeSpan.Zero : _options.GracePeriod;
        return Success(Rotate(token, grace), graceReplay: true);
    }

    // The grace given is that of the token which was current until now. A replayed one keeps the grace that it has.
    private RefreshToken Rotate(RefreshToken token, TimeSpan grace)
    {
        token.Family.Current?.Supersede(Now, grace);
        var next = IssueRefreshToken(token.Family, token);
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
        Violate(RuleName.ReuseOutsideGrace, family.Account.Id,
            $"Refresh token {RequestJournal.Fingerprint(token.Value)} was used {late:c} after it had been superseded.");
        if (!family.Revoked)
        {
            family.Revoked = true;
            Violate(
                RuleName.FamilyRevoked, family.Account.Id, "The whole token family was revoked because of that reuse.");
        }
    }

    private RefreshToken IssueRefreshToken(TokenFamily family, RefreshToken? parent)
    {
        var token = new RefreshToken(_issuer.OpaqueToken(), family, parent, Now + _options.RefreshTokenLifetime)
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
            foreach (var (value, _) in _accessTokens.Where(pair => now >= pair.Value.ExpiresAt).ToList())
            {
                _accessTokens.Remove(value);
            }

            _accessTokenLimit = Math.Max(1024, 2 * _accessTokens.Count);
        }

        var expiresAt = now + _options.AccessTokenLifetime;
        var text = _options.OpaqueAccessTokens ? _issuer.OpaqueToken() : _issuer.Jwt(family.Account.Id, now, expiresAt);
        var token = new AccessToken(text, family, expiresAt);
        _accessTokens.Add(text, token);
        return token;
    }
}
