namespace Airwallex.OAuth;

/// <summary>The failure of a request that got no response.</summary>
internal static class TokenRequestFailure
{
    public static TokenRequestException OfSending(TokenRequest request, Exception cause, bool isSent) => new(
        $"The token endpoint did not respond to the {request.Purpose}: {request.Mask.CleanMessage(cause)} "
        + (isSent ? "Airwallex may have processed the request all the same." : "Nothing was sent."),
        request.Mask.Filter(cause))
    {
        AccountId = request.Previous?.AccountId,
        IsTransient = true,
        RequestNotSent = !isSent,
    };
}
