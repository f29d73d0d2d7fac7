using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// Every rule again at each isolation of PostgreSQL, with a provider that retries by itself and with one that does
/// not.
/// </summary>
public sealed class IsolationTests(ConformanceTests.Instances instances) : IClassFixture<ConformanceTests.Instances>
{
    public static TheoryData<string, bool, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, string>();
            foreach (var rule in TokenStoreConformance.RuleNames)
            {
                cases.Add("read_committed", true, rule);
                cases.Add("repeatable_read", false, rule);
                cases.Add("repeatable_read", true, rule);
                cases.Add("serializable", false, rule);
                cases.Add("serializable", true, rule);
            }

            return cases;
        }
    }

    [ServerTheory]
    [MemberData(nameof(Cases))]
    public async Task Store_keeps_the_rule_at_the_isolation(string isolation, bool isRetrying, string rule)
    {
        var conformance = await instances.OnAsync(
            $"{isolation} {isRetrying}", async () => await PostgresDatabase.CreateAsync(isolation, isRetrying));

        await conformance.RunAsync(rule);
    }
}
