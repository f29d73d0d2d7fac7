using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>What is told about the set-up of the program. Event ids and names are stable.</summary>
internal static partial class RegistrationLog
{
    [LoggerMessage(2, LogLevel.Warning,
        "Connections are kept in memory only: a restart loses every one of them, and customers must authorize again. " +
        "Choose a lasting store with AddTokenStore or AddEntityFrameworkStore.")]
    public static partial void StoreInMemory(this ILogger logger);

    [LoggerMessage(3, LogLevel.Error,
        "The changed options of {Application} cannot be used; the ones before the change stay in force. Correct them.")]
    public static partial void ChangedOptionsNotUsable(this ILogger logger, string application, Exception exception);

    [LoggerMessage(4, LogLevel.Warning,
        "No host runs, so nothing renews connections or finishes interrupted refreshes in the background. Start the " +
        "host, or call AirwallexConnections.KeepAliveAsync at least once a day, such as from a cron job.")]
    public static partial void NoHostKeepsAlive(this ILogger logger);
}
