using Airwallex.OAuth.AspNetCore;

namespace ConnectPortal;

/// <summary>"Connect again": the same flow, for one account. Another account that comes back is not saved.</summary>
public static class Reconnect
{
    public static void MapReconnect(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/connections/{accountId}/reconnect", (string accountId, HttpRequest request) =>
            Results.Challenge(
                new ConnectProperties
                {
                    AccountId = accountId,
                    RedirectUri = $"{request.PathBase}/connections/{Uri.EscapeDataString(accountId)}",
                },
                [ConnectFlowDefaults.AuthenticationScheme]));
}
