using System.Diagnostics;
using Npgsql;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>
/// The PostgreSQL server of this test run: the one that AIRWALLEX_TEST_POSTGRES names, or a throwaway cluster of the
/// server binaries installed on this machine, on a Unix socket in a temporary folder.
/// </summary>
public static class PostgresServer
{
    private const string ConnectionStringVariable = "AIRWALLEX_TEST_POSTGRES";

    // Runs as an account that the server accepts (not root), and ends with the tests: when its input ends, even because
    // they were killed, the server is stopped and the folder deleted.
    private const string Script =
        """
        set -e
        dir=$(mktemp -d /tmp/airwallex-pg.XXXXXX)
        trap 'rm -rf "$dir"' EXIT
        "$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 ||
          { cat "$dir/log" >&2; exit 1; }
        "$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync="$2" -c max_connections=600 \
          </dev/null >>"$dir/log" 2>&1 &
        server=$!
        echo "$dir"
        cat >/dev/null
        kill -INT $server
        wait $server || true
        """;

    private static readonly Lazy<Task<string>> Started = new(StartAsync);

    /// <summary>
    /// Whether a commit waits for the disk, as it does in earnest. Default: false, tests have nothing to lose. Set
    /// before the first use.
    /// </summary>
    public static bool IsDurable { get; set; }

    // Held until the process ends: it is the script's input.
    private static Process? _cluster;

    private static string? GivenConnectionString =>
        Environment.GetEnvironmentVariable(ConnectionStringVariable) is { Length: > 0 } given ? given : null;

    private static string? Binaries { get; } = FindBinaries();

    /// <summary>Why tests on PostgreSQL cannot run here; null when they can.</summary>
    public static string? SkipReason { get; } = (GivenConnectionString, Binaries) switch
    {
        (null, null) =>
            $"No PostgreSQL: set {ConnectionStringVariable} to a connection string that may create databases, or " +
            $"install "
                + "the server (Debian: postgresql).",
        (null, _) when OperatingSystem.IsWindows() =>
            $"On Windows, set {ConnectionStringVariable} to a connection string that may create databases.",
        _ => null,
    };

    /// <summary>The connection string of the server's maintenance database.</summary>
    public static Task<string> ConnectionStringAsync() => Started.Value;

    private static string? FindBinaries()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                    .Select(folder => Path.Combine(folder, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path).FirstOrDefault(
            folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static async Task<string> StartAsync()
    {
        if (GivenConnectionString is { } given)
        {
            return given;
        }

        // The server refuses to run as root.
        var fsync = IsDurable ? "on" : "off";
        string[] command = Environment.IsPrivilegedProcess
            ? ["runuser", "-u", "postgres", "--", "sh", "-c", Script, "sh", Binaries!, fsync]
            : ["sh", "-c", Script, "sh", Binaries!, fsync];
        _cluster = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/tmp",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var folder = await _cluster.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException(
                $"The PostgreSQL cluster did not start: {await _cluster.StandardError.ReadToEndAsync()}");
        var connection =
            new NpgsqlConnectionStringBuilder { Host = folder, Username = "postgres", Database = "postgres" };
        var connectionString = connection.ConnectionString;
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
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (waited.Elapsed < TimeSpan.FromSeconds(30) && !_cluster!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
            catch (NpgsqlException exception)
            {
                throw new InvalidOperationException($"The PostgreSQL cluster cannot be reached. See {log}.", exception);
            }
        }
    }
}
