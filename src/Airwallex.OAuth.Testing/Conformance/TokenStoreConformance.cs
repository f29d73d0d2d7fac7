using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// What every <see cref="ITokenStore"/> must do, as rules that run against yours. A store that keeps them all is one
/// that the refresh can rely on. The library's own stores are checked by this same suite.
/// </summary>
/// <remarks>
/// <para>Derive, say how a store is made, and call <see cref="RunAllAsync"/> from one test of any framework, or a
/// rule from each test. <see cref="RuleNames"/> and <see cref="RunAsync"/> make the rules the cases of a
/// parameterised test.</para>
/// <para>Rules use account ids and client ids of their own, made up anew each time. They do not disturb each other,
/// and the store need not be empty. They leave connections behind: give them a database made for tests. Methods may
/// be called at the same time.</para>
/// </remarks>
public abstract partial class TokenStoreConformance
{
    private static readonly ConnectionStatus[] StoredStatuses =
        [ConnectionStatus.Active, ConnectionStatus.ReauthorizationRequired, ConnectionStatus.Disconnected];

    private static readonly Dictionary<string, MethodInfo> Rules = typeof(TokenStoreConformance)
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => method.ReturnType == typeof(Task) && method.GetParameters().Length == 0)
        .Where(method => method.Name != nameof(RunAllAsync))
        .OrderBy(method => method.Name, StringComparer.Ordinal)
        .ToDictionary(method => method.Name, StringComparer.Ordinal);

    /// <summary>The names of all rules, each the name of a method.</summary>
    public static IReadOnlyList<string> RuleNames { get; } = [.. Rules.Keys];

    /// <summary>How many connections the rule about long listings saves. Default: 1,000, ten pages.</summary>
    protected virtual int ManyConnections => 1_000;

    /// <summary>
    /// How long one rule may take before it counts as broken, so that a deadlock is a failure and not a hang.
    /// Default: two minutes.
    /// </summary>
    protected virtual TimeSpan TimeLimit => TimeSpan.FromMinutes(2);

    /// <summary>
    /// Makes the store to check. Called once for each rule. It may give the same store, or one on the same data, each
    /// time.
    /// </summary>
    protected abstract ValueTask<ITokenStore> CreateStoreAsync();

    /// <summary>
    /// Makes a second store on the same data, as another instance of the application would hold it. Default:
    /// <paramref name="first"/> itself. Override it for every store that several instances share: only a second
    /// instance shows a lock or a cache inside the process.
    /// </summary>
    /// <param name="first">What <see cref="CreateStoreAsync"/> made.</param>
    protected virtual ValueTask<ITokenStore> CreateSecondInstanceAsync(ITokenStore first) =>
        ValueTask.FromResult(first);

    /// <summary>Checks one rule.</summary>
    /// <param name="ruleName">One of <see cref="RuleNames"/>.</param>
    /// <exception cref="ConformanceException">The store breaks the rule.</exception>
    /// <exception cref="ArgumentException"><paramref name="ruleName"/> is not the name of a rule.</exception>
    public Task RunAsync(string ruleName)
    {
        ArgumentNullException.ThrowIfNull(ruleName);
        return Rules.TryGetValue(ruleName, out var rule)
            ? (Task)rule.Invoke(this, BindingFlags.DoNotWrapExceptions, null, null, null)!
            : throw new ArgumentException(
                $"There is no rule named {ruleName}. There are: {string.Join(", ", RuleNames)}.", nameof(ruleName));
    }

    /// <summary>Checks every rule, one after another, to the end even when some are broken.</summary>
    /// <exception cref="ConformanceException">The store breaks one rule.</exception>
    /// <exception cref="AggregateException">The store breaks several rules; one <see cref="ConformanceException"/>
    /// for each.</exception>
    public async Task RunAllAsync()
    {
        var broken = new List<ConformanceException>();
        foreach (var rule in RuleNames)
        {
            try
            {
                await RunAsync(rule).ConfigureAwait(false);
            }
            catch (ConformanceException exception)
            {
                broken.Add(exception);
            }
        }

        switch (broken)
        {
            case []:
                return;
            case [var only]:
                ExceptionDispatchInfo.Throw(only);
                return;
            default:
                throw new AggregateException($"{broken.Count} of {RuleNames.Count} rules are broken.", broken);
        }
    }

    // Every rule runs through here, so that what a store throws is reported together with the rule.
    private async Task CheckAsync(Func<ConformanceRun, Task> check, [CallerMemberName] string rule = "")
    {
        Task? running = null;
        try
        {
            var store = await CreateStoreAsync().ConfigureAwait(false);
            var second = await CreateSecondInstanceAsync(store).ConfigureAwait(false);

            // Off the caller's thread, so that the time limit ends a store that blocks too.
            running = Task.Run(() => check(new ConformanceRun(rule, store, second)));
            await running.WaitAsync(TimeLimit, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException exception) when (running is { IsCompleted: false })
        {
            throw new ConformanceException(
                rule, $"The rule did not end within {TimeLimit}; the store may be waiting for itself.", exception);
        }
        catch (Exception exception) when (exception is not ConformanceException)
        {
            throw new ConformanceException(
                rule, $"The store threw {exception.GetType().Name}: {exception.Message}", exception);
        }
    }
}
