using System.Diagnostics;
using MySqlConnector;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>
/// The MariaDB server of this test run: the one that AIRWALLEX_TEST_MARIADB names, or a throwaway one of the binaries
/// installed on this machine, on a Unix socket in a temporary folder.
/// </summary>
internal static class MariaDbServer
{
    private const string ConnectionStringVariable = "AIRWALLEX_TEST_MARIADB";

    // Runs as an account that the server accepts (not root), and ends with the tests: when its input ends, even
    // because they were killed, the server is stopped and the folder deleted.
    private const string Script =
        """
        set -e
        dir=$(mktemp -d /tmp/airwallex-mariadb.XXXXXX)
        trap 'rm -rf "$dir"' EXIT
        mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal \
          --skip-test-db >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
        mariadbd --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --skip-networking \
          --max-connections=500 --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=0 \
          </dev/null >>"$dir/log" 2>&1 &
        server=$!
        echo "$dir"
        cat >/dev/null
        kill $server
        wait $server || true
        """;

    private static readonly Lazy<Task<string>> Started = new(StartAsync);

    // Held until the process ends: it is the script's input.
    private static Process? _server;

    private static string? GivenConnectionString =>
        Environment.GetEnvironmentVariable(ConnectionStringVariable) is { Length: > 0 } given ? given : null;

    /// <summary>Why tests on MariaDB cannot run here; null when they can.</summary>
    public static string? SkipReason { get; } =
        GivenConnectionString is null && (OperatingSystem.IsWindows() || !IsInstalled())
        ? $"No MariaDB: set {ConnectionStringVariable} to a connection string that may create databases, or install "
            + "the server (Debian: mariadb-server)."
        : null;

    /// <summary>The connection string of the server, without a database.</summary>
    public static Task<string> ConnectionStringAsync() => Started.Value;

    private static bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "mariadbd")));

    private static async Task<string> StartAsync()
    {
        if (GivenConnectionString is { } given)
        {
            return given;
        }

        string[] command = Environment.IsPrivilegedProcess
            ? ["runuser", "-u", "mysql", "--", "sh", "-c", $"PATH=$PATH:/usr/sbin\n{Script}"]
            : ["sh", "-c", $"PATH=$PATH:/usr/sbin\n{Script}"];
        _server = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/tmp",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var folder = await _server.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException(
                $"The MariaDB server did not start: {await _server.StandardError.ReadToEndAsync()}");
        var connectionString = new MySqlConnectionStringBuilder
        {
            ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
            Server = Path.Combine(folder, "socket"),
            UserID = "root",
        }.ConnectionString;
        await WaitUntilReadyAsync(connectionString, Path.Combine(folder, "log"));
        return connectionString;
    }

    private static async Task WaitUntilReadyAsync(string connectionString, string log)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new MySqlConnection(connectionString);
                await connection.OpenAsync();
                return;
            }
            catch (MySqlException) when (waited.Elapsed < TimeSpan.FromSeconds(60) && !_server!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
            catch (MySqlException exception)
            {
                throw new InvalidOperationException($"The MariaDB server cannot be reached. See {log}.", exception);
            }
        }
    }
}
