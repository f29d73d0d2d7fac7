using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>Every rule again with EnableRetryOnFailure.</summary>
public sealed class RetryingTests(ConformanceTests.Instances instances) : IClassFixture<ConformanceTests.Instances>
{
    public static TheoryData<string> Rules => [.. TokenStoreConformance.RuleNames];

    [ServerTheory]
    [MemberData(nameof(Rules))]
    public async Task Store_keeps_the_rule_while_the_provider_retries(string rule) =>
        await (
            await instances.OnAsync(
                "retrying", async () => await MariaDbDatabase.CreateAsync(isRetrying: true))).RunAsync(rule);
}
