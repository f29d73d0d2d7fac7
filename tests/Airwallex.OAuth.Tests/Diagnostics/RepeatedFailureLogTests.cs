using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Diagnostics;

public sealed class RepeatedFailureLogTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<string> _lines = [];

    [Fact]
    public void A_thousand_failures_at_once_are_one_line_and_one_more_a_minute_later()
    {
        using var log = new RepeatedFailureLog(_time);

        for (var account = 0; account < 1_000; account++)
        {
            Report(log, "save", $"acct_{account}");
        }

        Assert.Equal(["save acct_0: 1"], _lines);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["save acct_0: 1", "save acct_999: 999"], _lines);
    }

    [Fact]
    public void Failures_that_go_on_are_a_line_a_minute()
    {
        using var log = new RepeatedFailureLog(_time);

        for (var second = 0; second < 180; second += 2)
        {
            Report(log, "save", "acct_1");
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(["save acct_1: 1", "save acct_1: 29", "save acct_1: 30", "save acct_1: 30"], _lines);
    }

    [Fact]
    public void After_a_minute_without_one_the_next_failure_is_written_at_once()
    {
        using var log = new RepeatedFailureLog(_time);
        Report(log, "save", "acct_1");
        Report(log, "save", "acct_2");

        _time.Advance(TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        Report(log, "save", "acct_3");

        Assert.Equal(["save acct_1: 1", "save acct_2: 1", "save acct_3: 1"], _lines);
    }

    [Fact]
    public void Each_kind_has_a_minute_of_its_own()
    {
        using var log = new RepeatedFailureLog(_time);

        Report(log, "save", "acct_1");
        Report(log, "list", "acct_1");

        Assert.Equal(["save acct_1: 1", "list acct_1: 1"], _lines);
    }

    [Fact]
    public void A_kind_made_of_a_servers_words_does_not_fill_the_memory()
    {
        using var log = new RepeatedFailureLog(_time);

        for (var error = 0; error < 10_000; error++)
        {
            Report(log, $"error {error}", "acct_1");
        }

        Assert.Equal(101, _lines.Count);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("error 9999 acct_1: 9899", _lines[^1]);
    }

    [Fact]
    public void What_was_not_written_is_written_at_the_end()
    {
        var log = new RepeatedFailureLog(_time);
        Report(log, "save", "acct_1");
        Report(log, "save", "acct_2");
        Report(log, "save", "acct_3");

        log.Dispose();
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(["save acct_1: 1", "save acct_3: 2"], _lines);
        Report(log, "save", "acct_4");
        Assert.Equal("save acct_4: 1", _lines[^1]);
    }

    private void Report(RepeatedFailureLog log, string kind, string account) =>
        log.Report(kind, count => _lines.Add($"{kind} {account}: {count}"));
}
