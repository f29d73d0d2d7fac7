namespace Airwallex.OAuth;

/// <summary>
/// Names the account that a request is for, such as from the signed-in user's tenant; null when it knows none, which
/// fails the request. Called for each request that <c>SetAirwallexAccount</c> has not settled, on the request's thread:
/// it must be fast and thread-safe.
/// </summary>
/// <param name="request">The request about to be sent.</param>
public delegate string? AccountSelector(HttpRequestMessage request);
