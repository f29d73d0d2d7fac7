using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>
/// Sees every statement that a context executes, and may ask the engine how it is going to execute it.
/// </summary>
internal sealed class CommandRecorder(string? explain = null) : DbCommandInterceptor
{
    private readonly ConcurrentQueue<string> _commands = new();
    private readonly ConcurrentQueue<string> _plans = new();

    /// <summary>The trace that the last statement belongs to.</summary>
    public Activity? LastActivity { get; private set; }

    public IReadOnlyList<string> Commands => [.. _commands];

    public IReadOnlyList<string> Plans => [.. _plans];

    public void Clear() => _commands.Clear();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        LastActivity = Activity.Current;
        _commands.Enqueue(Statement(command));
        if (explain is not null)
        {
            _plans.Enqueue(await ExplainAsync(command));
        }

        return result;
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
    {
        _commands.Enqueue(Statement(command));
        return ValueTask.FromResult(result);
    }

    // Without what a provider sets before the statement itself.
    private static string Statement(DbCommand command) =>
        Regex.Replace(
            command.CommandText.ReplaceLineEndings("\n"),
            "^(SET [^;]*;\n)+",
            "",
            RegexOptions.None,
            TimeSpan.FromSeconds(1));

    private async Task<string> ExplainAsync(DbCommand command)
    {
        var statement = command.CommandText;
        command.CommandText = $"{explain} {statement}";
        try
        {
            await using var reader = await command.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await reader.ReadAsync())
            {
                lines.Add($"{reader.GetValue(reader.FieldCount - 1)}");
            }

            return string.Join(Environment.NewLine, lines);
        }
        finally
        {
            command.CommandText = statement;
        }
    }
}
