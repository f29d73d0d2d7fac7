using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>The API below <c>/api/v1/</c>: who the bearer is, and a few things to read.</summary>
internal sealed class ApiEndpoint(AuthorizationServer server)
{
    public Task<SimulatedResponse> HandleAsync(HttpContext context) => Task.FromResult(Handle(context.Request));

    public static string? BearerToken(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    private SimulatedResponse Handle(HttpRequest request)
    {
        if (BearerToken(request) is not { } token)
        {
            return SimulatedResponse.ApiError(403, "forbidden", "No access token was sent.");
        }

        if (server.Introspect(token) is not { } account)
        {
            return SimulatedResponse.ApiError(401, "unauthorized", "The access token is invalid, expired or revoked.");
        }

        var response = request.Path.Value switch
        {
            "/api/v1/account" => Read(request, new
            {
                id = account.Id,
                account_details = new { business_details = new { business_name = account.BusinessName } },
                primary_contact = new { email = account.Email },
                created_at = account.CreatedAt,
                status = "ACTIVE",
            }),
            "/api/v1/balances/current" => Read(request, new[]
            {
                Balance("AUD", account.Wealth), Balance("EUR", account.Wealth / 3), Balance("USD", account.Wealth / 2),
            }),
            _ => SimulatedResponse.ApiError(404, "not_found", "The simulated Airwallex has no such resource."),
        };
        return response with { AccountId = account.Id };
    }

    private SimulatedResponse Read(HttpRequest request, object resource)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return new SimulatedResponse(200, JsonSerializer.Serialize(resource));
        }

        server.ReportViolation(
            RuleName.WrongMethod, null, $"{request.Method} {request.Path}: this resource takes GET alone.");
        return SimulatedResponse.ApiError(
            405, "method_not_allowed", "This resource takes GET alone.") with
        { Allow = "GET" };
    }

    private static object Balance(string currency, int cents)
    {
        var total = cents / 100m;
        var pending = Math.Round(total / 40, 2);
        var reserved = Math.Round(total / 100, 2);
        return new
        {
            available_amount = total - pending - reserved,
            pending_amount = pending,
            reserved_amount = reserved,
            total_amount = total,
            currency,
        };
    }
}
