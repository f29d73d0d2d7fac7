using System.Text.Json.Nodes;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Responses that are not as documented.</summary>
internal static class OddBodies
{
    private static readonly string[] Fields =
        ["access_token", "account_id", "expires_in", "refresh_token_expires_in", "scope", "token_type"];

    private static readonly string[] NoTexts = ["null", "\"\"", "true", "0", "-1", "1e300", "[]", "{}"];

    private static readonly string[] Values = [.. NoTexts, "\"300\"", "[\"a\",1]"];

    /// <summary>Every field but the refresh token may be missing or of another type.</summary>
    public static string Odd(Scheduler scheduler, TokenResult result)
    {
        var json = JsonNode.Parse(result.Body)!.AsObject();
        for (var changes = 1 + scheduler.Random.Next(3); changes > 0; changes--)
        {
            var field = scheduler.OneOf(Fields);
            if (scheduler.Chance(0.5))
            {
                json.Remove(field);
            }
            else if (field != "account_id")
            {
                // A text in place of the access token would be taken for one.
                json[field] = JsonNode.Parse(scheduler.OneOf(field == "access_token" ? NoTexts : Values));
            }
        }

        return json.ToJsonString();
    }

    /// <summary>A 200 that holds nothing to keep: its tokens are lost.</summary>
    public static string Unusable(Scheduler scheduler, TokenResult result, bool isRefresh) => scheduler.OneOf(
        """{"access_token":"x"}""",
        "<html>",
        "",
        $$"""{"access_token":"x","refresh_token":"{{(result.RefreshToken ?? "y")[..1]}}\u0007","expires_in":300}""",
        isRefresh ? """{"access_token":"x","refresh_token":"y","account_id":"acct_other","expires_in":300}""" : "{}");
}
