using System.Net;

namespace Airwallex.OAuth.Tests.Rules;

/// <summary>
/// Every decision of the refresh, as a table: what is known, and what follows. Times are seconds, with a grace period
/// of 60 s.
/// </summary>
public sealed class RefreshRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RefreshTimings Timings = new(TimeSpan.FromSeconds(60));
    private static readonly RefreshRules Rules = new(Timings);

    public enum Send
    {
        AtOnce,
        LastSend,
        WaitForLease,
        Observe,
    }

    [Theory]
    [InlineData(null, null, 0, Send.AtOnce)] // No attempt, or one that cannot have been received.
    [InlineData(null, 3.0, 0, Send.WaitForLease)] // Another instance is at work.
    [InlineData(null, -1.0, 0, Send.AtOnce)] // Its lease is over.
    [InlineData(20.0, 3.0, 0, Send.WaitForLease)]
    [InlineData(20.0, -1.0, 0, Send.AtOnce)] // Inside the grace period.
    [InlineData(53.0, null, 0, Send.AtOnce)] // The latest start.
    [InlineData(53.1, null, 0, Send.Observe)]
    [InlineData(500.0, null, 24.9, Send.Observe)]
    [InlineData(500.0, null, 25, Send.LastSend)]
    [InlineData(500.0, 3.0, 25, Send.WaitForLease)] // A lease comes before an observation.
    public void A_refresh_token_is_sent_when(
        double? firstSentAgo, double? foreignLeaseEndsIn, double observedFor, Send expected)
    {
        var effective = firstSentAgo is { } ago ? Attempt(ago) : null;
        DateTimeOffset? leaseEnd = foreignLeaseEndsIn is { } left ? Now.AddSeconds(left) : null;

        var decision = Rules.DecideSend(effective, leaseEnd, Seconds(observedFor), Now);

        Assert.Equal(expected, decision switch
        {
            { Kind: SendDecisionKind.Send, IsLastSend: true } => Send.LastSend,
            { Kind: SendDecisionKind.Send } => Send.AtOnce,
            { Kind: SendDecisionKind.WaitForLease } => Send.WaitForLease,
            _ => Send.Observe,
        });
    }

    [Fact]
    public void An_attempt_carries_the_first_send_over_and_a_last_send_begins_anew()
    {
        Assert.Equal(Now, Rules.NextAttempt("id", effective: null, isLastSend: false, Now).FirstSentAt);
        Assert.Equal(Now.AddSeconds(-20), Rules.NextAttempt("id", Attempt(20), isLastSend: false, Now).FirstSentAt);
        Assert.Equal(Now, Rules.NextAttempt("id", Attempt(90), isLastSend: true, Now).FirstSentAt);
        Assert.Equal(Now.AddSeconds(12), Rules.NextAttempt("id", null, false, Now).LeaseExpiresAt);
        Assert.True(Rules.NextAttempt("id", null, false, Now).ResponseMayBeLost);
    }

    [Theory]
    [InlineData(0, 8, false)] // The first try.
    [InlineData(7.9, 8, false)]
    [InlineData(17, 17, false)] // As long as all before it.
    [InlineData(30, 20.5, false)] // It ends 2.5 s before the final start.
    [InlineData(49.5, 1, false)]
    [InlineData(49.6, 60, true)] // Too little left for another try: this is the final one.
    [InlineData(52, 60, true)]
    public void A_try_waits_for_its_response(double age, double expected, bool isFinal)
    {
        var wait = Rules.DecideWait(Seconds(age));

        Assert.Equal(Seconds(expected), wait.Timeout);
        Assert.Equal(isFinal, wait.IsFinal);
    }

    [Theory]
    [InlineData(503, 0, false, 5, 1, "Retry 1")]
    [InlineData(503, 2, true, 5, 1, "Retry 1")]
    [InlineData(503, 3, true, 5, 1, "Fail")] // Used up; a later operation goes on inside the grace period.
    [InlineData(503, 0, true, 5, 30, "Fail")] // Retry-After is the cooldown's.
    [InlineData(null, 3, true, 46.5, 1, "Retry 1")] // No later operation could make the final start.
    [InlineData(null, 3, true, 49, 1, "Retry 3")] // Until the final start at 52 s.
    [InlineData(503, 3, true, 30, 600, "Retry 22")] // Retry-After does not sit out the grace period.
    [InlineData(null, 3, true, 52.5, 1, "Retry 0.25")]
    [InlineData(null, 3, true, 53.5, 1, "Fail")]
    [InlineData(null, 3, false, 49, 1, "Fail")] // Nothing can be lost.
    [InlineData(429, 3, false, 5, 1.5, "ReadAgain 1.5")] // Uses up no retry.
    [InlineData(429, 0, false, 52, 1.5, "Fail")] // The grace period bounds it.
    [InlineData(429, 0, false, 5, 30, "Fail")]
    [InlineData(401, 0, true, 5, 1, "Fail")] // Our configuration.
    [InlineData(400, 0, true, 49, 1, "Fail")]
    public void After_a_failure(
        int? status, int retries, bool responseMayBeLost, double age, double delay, string expected)
    {
        var decision = Rules.AfterFailure(
            Failure(status), retries, responseMayBeLost, finalStartMade: false, Seconds(age), Seconds(delay));

        Assert.Equal(expected, decision.Kind == FailureDecisionKind.Fail
            ? "Fail"
            : FormattableString.Invariant($"{decision.Kind} {decision.Delay.TotalSeconds:0.##}"));
    }

    [Fact]
    public void The_final_start_is_made_once()
    {
        var decision = Rules.AfterFailure(
            Failure(null), 3, responseMayBeLost: true, finalStartMade: true, Seconds(50), Seconds(1));

        Assert.Equal(FailureDecisionKind.Fail, decision.Kind);
    }

    [Theory]
    [InlineData(2, null, null, 2)]
    [InlineData(2, 90.0, null, 90)] // Retry-After is honored whole.
    [InlineData(8, 2.0, null, 8)]
    [InlineData(2, null, 10.0, 2)]
    [InlineData(300, null, 10.0, 37)] // It ends in time for one start inside the grace period.
    [InlineData(2, 300.0, 10.0, 37)]
    [InlineData(8, null, 50.0, 1)]
    [InlineData(300, null, 53.0, 300)] // The grace period is over.
    public void A_cooldown_lasts(double backoff, double? retryAfter, double? doubt, double expected) =>
        Assert.Equal(
            Seconds(expected),
            Rules.CooldownAfter(
                Seconds(backoff),
                retryAfter is { } after ? Seconds(after) : null,
                doubt is { } age ? Seconds(age) : null));

    [Theory]
    [InlineData(10, 5, 5)] // The end of the cooldown.
    [InlineData(100, 60, 35)] // The observation of 25 s comes first.
    [InlineData(100, 20, 0)]
    [InlineData(100, 5000, 300)] // Never more than 5 min ahead.
    public void An_unfinished_refresh_is_taken_up(double firstSentAgo, double cooldown, double expected) =>
        Assert.Equal(Now.AddSeconds(expected), Rules.RecoverAt(Attempt(firstSentAgo), Now.AddSeconds(cooldown), Now));

    [Theory]
    [InlineData(null, false)] // No response may be lost.
    [InlineData(46.9, false)] // Time enough for the cooldown to end by itself.
    [InlineData(47.0, true)]
    [InlineData(53.0, true)]
    [InlineData(53.1, false)] // Too late.
    public void A_cooldown_is_broken_for_a_grace_period_that_ends(double? firstSentAgo, bool expected) =>
        Assert.Equal(expected, Rules.MustStart(firstSentAgo is { } ago ? Attempt(ago) : null, Now));

    [Fact]
    public void Each_try_waits_as_long_as_all_before_it_and_the_final_start_lies_inside_the_grace_period()
    {
        // A token endpoint that never responds: every try is cut.
        var (age, starts, retries, isFinal) = (TimeSpan.Zero, new List<double>(), 0, false);
        while (true)
        {
            starts.Add(age.TotalSeconds);
            var wait = Rules.DecideWait(age);
            isFinal |= wait.IsFinal;
            age += wait.Timeout;
            var decision = Rules.AfterFailure(
                Failure(null), retries++, responseMayBeLost: true, isFinal, age, Seconds(1));
            if (decision.Kind == FailureDecisionKind.Fail)
            {
                break;
            }

            age += decision.Delay;
        }

        Assert.True(isFinal);
        Assert.InRange(starts[^1], 51, 53);
        Assert.Equal([0, 9, 19, 39, 52], starts.Select(start => Math.Floor(start)));
    }

    [Theory]
    [InlineData("ours", 4, 0, true)] // Our attempt is still stored.
    [InlineData("sent", 4, 0, true)] // Another instance's attempt: ours is the successor all the same.
    [InlineData("other", 5, -1, true)] // Another successor of the same token, issued before ours.
    [InlineData("other", 5, 1, false)] // Issued after ours.
    [InlineData("other", 6, -1, false)] // A successor of ours, which was saved after all.
    [InlineData("", 4, 0, true)] // Our keys are gone; the generation tells that the token is the one we sent.
    [InlineData("", 5, -1, true)] // A successor that was issued before ours: it is written once the keys are back.
    [InlineData("", 5, 1, false)]
    public void A_response_is_saved_over(string stored, int generation, double issuedAfterOurs, bool expected)
    {
        var sent = Connection("sent", generation: 4) with { Attempt = Attempt(5) };
        var response = sent.Tokens with { RefreshToken = "successor", IssuedAt = Now };
        var current = stored == "ours" ? sent : Connection(stored, generation) with
        {
            Version = "another",
            Attempt = Attempt(3) with { Id = "another" },
        };
        current = current with { Tokens = current.Tokens with { IssuedAt = Now.AddSeconds(issuedAfterOurs) } };

        var decision = Rules.DecideSave(current, sent, response, new HashSet<string>(), Now, Now);

        Assert.Equal(expected ? SaveDecisionKind.Write : SaveDecisionKind.Keep, decision.Kind);
        if (expected)
        {
            Assert.Equal("successor", decision.Connection!.Tokens.RefreshToken);
            Assert.Equal(5, decision.Connection.Generation);
            Assert.Null(decision.Connection.Attempt);
        }
    }

    [Fact]
    public void A_response_of_an_earlier_authorization_is_not_saved()
    {
        var sent = Connection("sent", generation: 4) with { Attempt = Attempt(5) };
        var later = Connection("later", generation: 0) with { AuthorizationId = "later" };

        foreach (var current in new[] { later, null })
        {
            var decision = Rules.DecideSave(current, sent, sent.Tokens, new HashSet<string>(), Now, Now);

            Assert.Equal(SaveDecisionKind.Keep, decision.Kind);
        }
    }

    [Theory]
    [InlineData("sent", 4, null, "Write")] // The token that was refused is still stored.
    [InlineData("sent", 4, -1.0, "Write")] // The other instance's lease is over.
    [InlineData("sent", 4, 3.0, "WaitForLease")] // It may have got a pair.
    [InlineData("newer", 5, null, "Keep")]
    [InlineData("", 4, null, "Write")] // Our keys are gone; the generation tells that it is the same.
    [InlineData("", 5, null, "Keep")]
    public void A_refusal_ends(string stored, int generation, double? foreignLeaseEndsIn, string expected)
    {
        var sent = Connection("sent", generation: 4) with { Attempt = Attempt(5) };
        var current = Connection(stored, generation) with { Attempt = Attempt(3), RecoverAt = Now };
        DateTimeOffset? leaseEnd = foreignLeaseEndsIn is { } left ? Now.AddSeconds(left) : null;

        var decision = Rules.DecideRefusal(current, sent, leaseEnd, "refused", Now);

        Assert.Equal(expected, decision.Kind.ToString());
        if (decision.Kind == SaveDecisionKind.Write)
        {
            var ended = decision.Connection!;
            Assert.Equal((ConnectionStatus.ReauthorizationRequired, "refused"), (ended.Status, ended.StatusReason));
            Assert.Equal((stored, Now), (ended.Tokens.RefreshToken, ended.StatusChangedAt));
            Assert.Equal((null, null), (ended.Attempt, ended.RecoverAt));
        }
    }

    [Fact]
    public void A_refusal_does_not_end_another_authorization_or_an_ended_connection()
    {
        var sent = Connection("sent", generation: 4);
        var others = new[]
        {
            null, sent with { AuthorizationId = "later" },
            sent with { Status = ConnectionStatus.ReauthorizationRequired },
        };

        Assert.All(others, current => Assert.Equal(
            SaveDecision.Keep(current), Rules.DecideRefusal(current, sent, foreignLeaseEnd: null, "refused", Now)));
    }

    [Fact]
    public void A_refusal_after_a_report_ends_the_connection_with_its_words()
    {
        var sent = Connection("sent", generation: 4) with { ReportedReason = "The customer disconnected." };

        var ended = Rules.DecideRefusal(sent, sent, foreignLeaseEnd: null, "refused", Now).Connection!;

        Assert.Equal((ConnectionStatus.Disconnected, "The customer disconnected."), (ended.Status, ended.StatusReason));
        Assert.Null(ended.ReportedReason);
    }

    [Theory]
    [InlineData(null, null, true, true)] // Nothing is stored.
    [InlineData("ours", null, false, false)] // A write of ours took effect.
    [InlineData("older", null, true, true)]
    [InlineData("later", null, false, true)] // Without a failure, the connect that comes last wins.
    [InlineData("later", null, true, false)] // It was made while ours could not be saved.
    [InlineData("later", "older", true, false)]
    [InlineData("older", "older", true, true)] // The one that we are about to replace.
    public void A_new_authorization_is_saved_over(string? stored, string? replaced, bool hasFailed, bool expected)
    {
        var connecting = Connection("new", generation: 0) with { AuthorizationId = "ours" };
        var current = stored is null ? null : Connection(stored, generation: 0) with { AuthorizationId = stored };
        if (stored is "older" or "later")
        {
            var issuedAt = Now.AddSeconds(stored == "later" ? 1 : -1);
            current = current! with { Tokens = current.Tokens with { IssuedAt = issuedAt } };
        }

        var decision = Rules.DecideConnect(current, connecting, replaced, hasFailed);

        Assert.Equal(expected ? SaveDecisionKind.Write : SaveDecisionKind.Keep, decision.Kind);
        Assert.Equal(expected ? connecting : current, decision.Connection);
    }

    private static ConnectionState Connection(string refreshToken, int generation) => new()
    {
        Key = new ConnectionKey { AccountId = "acct_1", ClientId = "client" },
        Version = "version",
        AuthorizationId = "authorization",
        Generation = generation,
        Tokens = new TokenSet
        {
            AccountId = "acct_1",
            AccessToken = "access",
            RefreshToken = refreshToken,
            IssuedAt = Now,
            AccessTokenExpiresAt = Now,
        },
    };

    private static RefreshAttempt Attempt(double firstSentAgo) => new()
    {
        Id = "attempt",
        FirstSentAt = Now.AddSeconds(-firstSentAgo),
        LeaseExpiresAt = Now.AddSeconds(-1),
    };

    private static TokenRequestException Failure(int? status) => new("It failed.")
    {
        StatusCode = (HttpStatusCode?)status,
        IsTransient = status is null or 429 or >= 500,
    };

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
