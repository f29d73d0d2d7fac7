using System.Globalization;
using System.Net;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// The attributes of metrics and spans. Every set of values is closed: no text of a server and no account becomes a
/// time series.
/// </summary>
internal static class TelemetryAttributes
{
    public const string Application = "airwallex.oauth.application";
    public const string Trigger = "airwallex.oauth.trigger";
    public const string Outcome = "airwallex.oauth.outcome";
    public const string GrantType = "airwallex.oauth.grant_type";
    public const string StoreOperation = "airwallex.oauth.store_operation";
    public const string Status = "airwallex.oauth.connection_status";
    public const string Work = "airwallex.oauth.work";
    public const string Queue = "airwallex.oauth.queue";

    /// <summary>On the meter only, and from the second service provider of a process on.</summary>
    public const string Host = "airwallex.oauth.host";

    /// <summary>On spans only: each account would be a time series.</summary>
    public const string AccountId = "airwallex.oauth.account_id";
    public const string IsRetry = "airwallex.oauth.is_retry";
    public const string IsLastSend = "airwallex.oauth.is_last_send";
    public const string IsLost = "airwallex.oauth.response_may_be_lost";

    /// <summary>OpenTelemetry's name for a value outside the set.</summary>
    public const string Other = "_OTHER";

    public static readonly string[] Triggers = [.. Enum.GetValues<RefreshTrigger>().Select(Name)];

    public static readonly string[] RefreshOutcomes =
    [
        "refreshed", "recovered", "superseded", "already_fresh", "waiting", "deferred", "ended", "not_found",
            "rejected",
        "transient", "failed",
    ];

    public static readonly string[] GrantTypes = ["authorization_code", "refresh_token"];

    public static readonly string[] TokenRequestOutcomes =
    [
        "success", "invalid_grant", "invalid_client", "too_many_requests", "rejected", "server_error", "timeout",
        "no_response", "not_sent", "unusable_response",
    ];

    public static readonly string[] StoreOperations = ["find", "save", "delete", "list", "summarize"];
    public static readonly string[] StoreOutcomes = ["ok", "lost", "failed", "timed_out"];
    public static readonly string[] RenewalOutcomes = ["renewed", "lost", "unknown"];

    public static readonly string[] RejectionOutcomes =
        ["replaced", "replaced_not_resent", "still_rejected", "not_replaced", "failed"];

    public static readonly string[] ConnectOutcomes =
        ["connected", "imported", "refused", "exchange_failed", "save_failed"];

    public static readonly string[] Works = ["recover", "renew", "summarize", "evict"];
    public static readonly string[] StoredStatuses = ["active", "reauthorization_required", "disconnected"];
    public static readonly string[] EndedStatuses = ["reauthorization_required", "disconnected"];
    public static readonly string[] Queues = ["log", "telemetry"];

    /// <summary>The name of an enumeration's value in snake case: <c>KeepAlive</c> is <c>keep_alive</c>.</summary>
    public static string Name<T>(T value) where T : struct, Enum
    {
        var name = new StringBuilder();
        foreach (var letter in value.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToLower(letter, CultureInfo.InvariantCulture));
        }

        return name.ToString();
    }

    /// <summary>What became of a token request.</summary>
    /// <param name="failure">Null on success.</param>
    public static string OutcomeOf(TokenRequestException? failure) => failure switch
    {
        null => "success",
        { RequestNotSent: true } => "not_sent",
        { StatusCode: null } => IsTimeout(failure) ? "timeout" : "no_response",
        { IsInvalidGrant: true } => "invalid_grant",
        { IsTooManyRequests: true } => "too_many_requests",
        _ when ClientCredentialsMonitor.IsRefusal(failure) => "invalid_client",
        { IsDecision: true } => "rejected",
        { StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or (HttpStatusCode)425 } =>
            "server_error",
        _ => "unusable_response",
    };

    private static bool IsTimeout(TokenRequestException failure)
    {
        for (var cause = failure.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is TimeoutException or OperationCanceledException)
            {
                return true;
            }
        }

        return false;
    }
}
