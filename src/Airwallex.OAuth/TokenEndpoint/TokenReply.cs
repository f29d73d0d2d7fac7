namespace Airwallex.OAuth;

/// <summary>What the response to a token request means, as far as it arrived.</summary>
internal sealed class TokenReply(
    TokenRequest request, HttpResponseMessage response, TokenExchange exchange, TimeProvider time)
{
    /// <summary>The tokens. A response that broke off after the refresh token is as good as a whole one.</summary>
    /// <param name="sentAt">From when on lifetimes count.</param>
    /// <param name="brokenBy">Why the response did not arrive to its end; null when it did.</param>
    /// <exception cref="TokenRequestException">The response is an error, or cannot be used.</exception>
    public TokenSet ToTokens(DateTimeOffset sentAt, Exception? brokenBy)
    {
        var encodings = ReadEncodings();
        if (!response.IsSuccessStatusCode)
        {
            throw ToRefusal(exchange.Body.ReadJson(encodings, ErrorResponse.IsError), brokenBy);
        }

        var json = exchange.Body.ReadJson(encodings, TokenSetReader.HasRefreshToken);
        var tokens = new TokenSetReader(json, request, sentAt).Read(out var fault);
        return tokens ?? throw ToUnusable(json, fault!, brokenBy);
    }

    // Read as text: a value that .NET does not take for one must not hide the others.
    private string[] ReadEncodings() =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var values)
            ? string.Join(',', values).Split(',', StringSplitOptions.RemoveEmptyEntries)
            : [];

    // A response that says "no tokens" in a way that nobody expects says nothing: the tokens count as lost.
    private TokenRequestException ToUnusable(JsonMembers json, string fault, Exception? brokenBy)
    {
        var error = ErrorResponse.Read(json, request.Mask);
        var reason = brokenBy is null ? "" : $" ({request.Mask.CleanMessage(brokenBy)})";
        return Create(
            error,
            $", but cannot be used: {fault}{reason}. Nothing was overwritten. "
            + (request.IsRefresh ? "It may succeed later. " : "Let the customer start again. ")
            + "If it goes on, tell Airwallex's support.",
            isTransient: true, brokenBy);
    }

    private TokenRequestException ToRefusal(JsonMembers json, Exception? brokenBy)
    {
        var error = ErrorResponse.Read(json, request.Mask);

        // Without its error code, a refusal that broke off cannot be told from a passing one.
        var isCutShort = brokenBy is not null && error.Error is null && (int)response.StatusCode >= 400;
        var isTransient = exchange.IsTransient || isCutShort;
        return Create(error, $". {Advise(error, isTransient)}", isTransient, brokenBy);
    }

    private TokenRequestException Create(ErrorResponse error, string said, bool isTransient, Exception? brokenBy) =>
        new(
        $"The token endpoint's response to the {request.Purpose} is {(int)response.StatusCode}{error.InBrackets}{said}",
        request.Mask.Filter(brokenBy))
        {
            AccountId = request.Previous?.AccountId,
            StatusCode = response.StatusCode,
            Error = error.Error,
            ErrorDescription = error.Description,
            TraceId = error.TraceId,
            IsTransient = isTransient,
            RetryAfter = RetryAfterHeader.Read(response, time),
        };

    private string Advise(ErrorResponse error, bool isTransient) => (int)response.StatusCode switch
    {
        429 => "Another refresh is in flight, or the rate limit is reached; it may succeed later.",
        _ when isTransient => "It may succeed later.",
        >= 300 and < 400 => "Redirects would carry the client secret away, and are not followed. Check TokenEndpoint.",
        _ when error.Error == "invalid_grant" && request.IsRefresh =>
            "The refresh token is refused for good; the customer must authorize again.",
        _ when error.Error == "invalid_grant" => "The code is refused for good; let the customer start again.",
        _ when error.Error == "invalid_client" => "Check ClientId and ClientSecret; the connection is untouched.",
        _ => "Check the application's configuration at Airwallex; the connection is untouched.",
    };
}
