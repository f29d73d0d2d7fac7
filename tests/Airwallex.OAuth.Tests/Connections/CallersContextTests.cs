using System.Collections.Concurrent;
using System.Diagnostics;
using System.Transactions;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Connections;

/// <summary>What a caller's context holds: a transaction, a request, a trace.</summary>
[Collection(VirtualTime.Name)]
public sealed class CallersContextTests
{
    private static readonly AsyncLocal<string?> s_tenant = new();

    [Fact]
    public async Task A_store_is_called_outside_the_callers_transaction_and_request_and_inside_its_trace()
    {
        var calls = new ConcurrentQueue<(string Operation, Transaction? Transaction, string? Tenant, string? Trace)>();
        var operation = "";
        await using var app = new TestApp();
        await app.ConnectAsync();
        await app.ConnectAsync("acct_two");
        app.Store.OnCall = () => calls.Enqueue(
            (operation, Transaction.Current, s_tenant.Value, Activity.Current?.TraceId.ToString()));
        using var activity = new Activity("request").Start();
        using var transaction = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        s_tenant.Value = "tenant";
        (string Name, Func<Task> Run)[] operations =
        [
            ("find", () => app.Connections.FindAsync(TestApp.Account)),
            ("list", async () => await app.Connections.ListAsync().ReadAllAsync()),
            ("summarize", () => app.Connections.SummarizeAsync()),
            ("refresh", () => app.Connections.RefreshAsync(TestApp.Account)),
            ("import", () => app.Connections.TryImportAsync("acct_three", "a-refresh-token")),
            ("connect", () => app.ConnectAsync("acct_four")),
            ("report", () => app.Connections.ReportDisconnectionAsync(TestApp.Account, "reason")),
            ("disconnect", () => app.Connections.DisconnectAsync("acct_two")),
        ];

        foreach (var (name, run) in operations)
        {
            operation = name;
            await run();
        }

        await TestApp.SettleAsync(); // The report has a refresh in the background.

        Assert.Equal(operations.Select(one => one.Name), calls.Select(call => call.Operation).Distinct());
        Assert.All(calls, call => Assert.True(
            call.Transaction is null && call.Tenant is null, $"{call.Operation} was in the caller's context."));
        Assert.All(["find", "list", "import", "disconnect"], name => Assert.Contains(
            calls, call => call.Operation == name && call.Trace == activity.TraceId.ToString()));
        Assert.Equal("tenant", s_tenant.Value);
        Assert.NotNull(Transaction.Current);
    }
}
